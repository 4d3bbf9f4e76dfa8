import { createHash, randomBytes } from 'node:crypto';
import { LockstepError } from '@lockstep/protocol';
import type { Viewer } from '@org/core';
import { type Database, isDatabaseError } from './database.ts';

const SESSION_DAYS = 30;

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** Who is signed in, by the bearer token of the request; its hash alone is in the database. */
export interface Identity {
  /** The authorisation hook of everything: null when nobody is signed in. */
  viewer(request: Request): Promise<Viewer | null>;
  /** Null for a person who does not exist. */
  signIn(userId: string): Promise<{ readonly token: string; readonly user: Person } | null>;
  /** The signed-in person, or null. */
  whoAmI(request: Request): Promise<Person | null>;
  signOut(request: Request): Promise<void>;
  /** The people of the demo, for its identity menu. */
  people(): Promise<readonly Person[]>;
}

export function createIdentity(database: Database): Identity {
  return {
    async viewer(request) {
      const hash = tokenHash(request);
      if (hash === null) return null;
      const [row] = await migrated(() => database.query<ViewerRow>(VIEWER_SQL, [hash]));
      return row === undefined ? null : toViewer(row);
    },
    async signIn(userId) {
      const token = randomBytes(32).toString('base64url');
      const [user] = await migrated(() =>
        database.query<Person>(
          `WITH person AS (SELECT id, name, email FROM users WHERE id = $1),
                expired AS (DELETE FROM sessions WHERE expires_at < now()),
                session AS (INSERT INTO sessions (token_hash, user_id, expires_at)
                            SELECT $2, id, now() + make_interval(days => $3) FROM person)
           SELECT id, name, email FROM person`,
          [userId, hashOf(token), SESSION_DAYS],
        ),
      );
      return user === undefined ? null : { token, user };
    },
    async whoAmI(request) {
      const hash = tokenHash(request);
      if (hash === null) return null;
      const [user] = await migrated(() =>
        database.query<Person>(
          `SELECT users.id, users.name, users.email FROM sessions JOIN users ON users.id = sessions.user_id
           WHERE sessions.token_hash = $1 AND sessions.expires_at > now()`,
          [hash],
        ),
      );
      return user ?? null;
    },
    async signOut(request) {
      const hash = tokenHash(request);
      if (hash !== null) await database.query('DELETE FROM sessions WHERE token_hash = $1', [hash]);
    },
    people: () =>
      migrated(() => database.query<Person>('SELECT id, name, email FROM users ORDER BY name, id LIMIT 100')),
  };
}

interface ViewerRow {
  readonly user_id: string;
  readonly workspace_ids: readonly string[];
  readonly colleague_ids: readonly string[];
}

const VIEWER_SQL = `
  WITH mine AS (
    SELECT sessions.user_id, array(
      SELECT members.workspace_id FROM members WHERE members.user_id = sessions.user_id
    ) AS workspace_ids
    FROM sessions WHERE token_hash = $1 AND expires_at > now()
  )
  SELECT user_id::text, workspace_ids::text[], array(
    SELECT DISTINCT members.user_id FROM members WHERE members.workspace_id = ANY (mine.workspace_ids)
  )::text[] AS colleague_ids
  FROM mine`;

function toViewer(row: ViewerRow): Viewer {
  return {
    userId: row.user_id,
    workspaceIds: row.workspace_ids,
    colleagueIds: [...new Set([...row.colleague_ids, row.user_id])],
  };
}

function tokenHash(request: Request): string | null {
  const match = /^Bearer ([\w-]{20,200})$/i.exec(request.headers.get('authorization') ?? '');
  return match ? hashOf(match[1] as string) : null;
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Before the first migration there are no sessions to look in. */
async function migrated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isDatabaseError(cause) || cause.code !== '42P01') throw cause;
    throw new LockstepError('NOT_MIGRATED', {
      message: 'The server’s database has no tables for people and sessions yet.',
      remedy: 'Apply the migrations (pnpm db:deploy); this server notices by itself.',
      cause,
    });
  }
}
