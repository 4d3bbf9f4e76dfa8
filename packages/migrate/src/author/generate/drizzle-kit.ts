import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { compileFunction } from 'node:vm';
import { LockstepError } from '@lockstep/protocol';
import { isAmbiguous, LAYERS, listChanges } from './changes.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from './snapshot.ts';

/** The one door to drizzle-kit, an optional peer: snapshots and SQL, without its questions. */
export interface DrizzleKit {
  /** The snapshot of a schema module. */
  snapshot(schema: Readonly<Record<string, unknown>>, options: SnapshotOptions): Snapshot;
  /** The SQL from one snapshot to the next, where what is gone is dropped and what is new is made: no rename. */
  statements(before: Snapshot, after: Snapshot): Promise<readonly string[]>;
  /** What makes a database as a snapshot says, and what that would lose. No rename either; changes nothing. */
  pushPlan(db: KitDatabase, wanted: Snapshot, schemaFilter: readonly string[]): Promise<PushPlan>;
}

export interface PushPlan {
  readonly statements: readonly string[];
  /** What would be lost, with its number of rows. */
  readonly warnings: readonly string[];
  readonly losesData: boolean;
}

export interface SnapshotOptions {
  readonly prevId?: string;
  readonly schemaFilter?: readonly string[];
  readonly casing?: 'snake_case' | 'camelCase';
}

/** The parts of drizzle-kit/api that are used; its own types for snapshots are `any`. */
interface Api {
  generateDrizzleJson(
    imports: Record<string, unknown>,
    prevId?: string,
    schemaFilters?: string[],
    casing?: 'snake_case' | 'camelCase',
  ): unknown;
  generateMigration(before: unknown, after: unknown): Promise<string[]>;
}

/** `from` is a file or folder of the checkout whose drizzle-kit it is. Throws CONFIG_INVALID where it isn't installed. */
export async function loadDrizzleKit(from: string): Promise<DrizzleKit> {
  const { api, file } = await loadApi(from);
  return {
    snapshot(schema, { prevId, schemaFilter, casing }) {
      const made = api.generateDrizzleJson(
        { ...schema },
        prevId ?? EMPTY_SNAPSHOT.id,
        schemaFilter === undefined ? undefined : [...schemaFilter],
        casing,
      );
      // As it will be in the file: without what JSON can't hold.
      const plain = JSON.parse(JSON.stringify(made)) as Snapshot;
      return { ...plain, _meta: EMPTY_SNAPSHOT._meta };
    },
    async statements(before, after) {
      const asks = LAYERS.some((kinds) => listChanges(before, after, kinds).some(isAmbiguous));
      const made = asks
        ? await (await loadDiffer(file))(before, after)
        : await api.generateMigration(structuredClone(before), structuredClone(after));
      return made;
    },
    pushPlan: async (db, wanted, schemaFilter) =>
      planPush(await loadInternals(file), db, wanted, schemaFilter),
  };
}

async function planPush(
  internals: Internals,
  db: KitDatabase,
  wanted: Snapshot,
  schemaFilter: readonly string[],
): Promise<PushPlan> {
  const { pgSchema, squashPgScheme, applyPgSnapshotsDiff, fromDatabase, pgSuggestions } = internals;
  const { internal: _internal, ...found } = (await fromDatabase(db, () => true, schemaFilter)) as {
    readonly internal?: unknown;
  };
  const [from, to] = [
    pgSchema.parse({ id: EMPTY_SNAPSHOT.id, prevId: '', ...found }),
    pgSchema.parse(wanted),
  ];
  const squashed = [squashPgScheme(from, 'push'), squashPgScheme(to, 'push')];
  const { statements } = await applyPgSnapshotsDiff(...squashed, ...DROP_AND_CREATE, from, to, 'push');
  const suggestions = await pgSuggestions(db, statements);
  return {
    statements: suggestions.statementsToExecute,
    warnings: suggestions.infoToPrint.map((line) => stripVTControlCharacters(line).replace(/^· /, '')),
    losesData: suggestions.shouldAskForApprove,
  };
}

async function loadApi(from: string): Promise<{ readonly api: Api; readonly file: string }> {
  // Its own place first, so that the checkout's version is the one that counts.
  for (const place of [`${from}/package.json`, import.meta.url]) {
    try {
      const require = createRequire(place);
      const file = require.resolve('drizzle-kit/api');
      return { api: require(file) as Api, file };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    }
  }
  throw new LockstepError('CONFIG_INVALID', {
    message: 'Migrations are generated with drizzle-kit, and it (or drizzle-orm) is not installed.',
    remedy: 'Add drizzle-kit 0.31 and drizzle-orm to the development dependencies.',
  });
}

type Differ = (before: Snapshot, after: Snapshot) => Promise<readonly string[]>;

/** Lines behind drizzle-kit's own module: they hand out the differ that `generateMigration` wraps in questions. */
const HAND_OUT = `
;init_snapshotsDiffer(); init_pgSchema();
init_pgSerializer();
module.exports = { applyPgSnapshotsDiff, squashPgScheme, pgSchema, fromDatabase, pgSuggestions };`;

/** A database as drizzle-kit asks it. */
export interface KitDatabase {
  query(sql: string): Promise<unknown[]>;
}

interface Internals {
  readonly applyPgSnapshotsDiff: (
    ...args: unknown[]
  ) => Promise<{ sqlStatements: string[]; statements: unknown[] }>;
  readonly squashPgScheme: (snapshot: unknown, action?: 'push') => unknown;
  /** Describes a database as a snapshot, without its ids. */
  readonly fromDatabase: (
    db: KitDatabase,
    tablesFilter: (table: string) => boolean,
    schemaFilters: readonly string[],
  ) => Promise<object>;
  /** Of a push: what is to be run, what would be lost, counted. */
  readonly pgSuggestions: (
    db: KitDatabase,
    statements: unknown[],
  ) => Promise<{ shouldAskForApprove: boolean; statementsToExecute: string[]; infoToPrint: string[] }>;
  readonly pgSchema: { parse(snapshot: unknown): unknown };
}

/**
 * `generateMigration` asks on the terminal as soon as something is gone and something of the same kind is new, and
 * takes no answers from a program. By now every rename is decided and made, so all that is left is drop and create;
 * the differ underneath takes that as functions. Only what would ask goes this way.
 */
async function loadDiffer(file: string): Promise<Differ> {
  const internals = await loadInternals(file);
  return async (before, after) => {
    const [from, to] = [internals.pgSchema.parse(before), internals.pgSchema.parse(after)];
    const squashed = [internals.squashPgScheme(from), internals.squashPgScheme(to)];
    const { sqlStatements } = await internals.applyPgSnapshotsDiff(...squashed, ...DROP_AND_CREATE, from, to);
    return sqlStatements;
  };
}

const dropAndCreate = async (input: { created: unknown[]; deleted: unknown[] }) => ({
  ...input,
  renamed: [],
  moved: [],
});

/** For schemas, enums, sequences, policies of tables, other policies, roles, tables, columns, views. */
const DROP_AND_CREATE = Array.from({ length: 9 }, () => dropAndCreate);

async function loadInternals(file: string): Promise<Internals> {
  const holder = { exports: {} as Internals };
  try {
    const source = await readFile(file, 'utf8');
    compileFunction(source + HAND_OUT, ['exports', 'require', 'module', '__filename', '__dirname'], {
      filename: file,
    })(holder.exports, createRequire(file), holder, file, dirname(file));
    return holder.exports;
  } catch (cause) {
    throw new LockstepError('GENERATE_FAILED', {
      message: 'This version of drizzle-kit is made differently than 0.31, which Lockstep knows.',
      remedy:
        'Install drizzle-kit 0.31, or make the change in two migrations: first what is dropped or renamed, then what is new.',
      cause,
    });
  }
}
