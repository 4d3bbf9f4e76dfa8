import { type ErrorPlace, isLockstepError, LockstepError, type ReplicaMigration } from '@lockstep/protocol';
import { remedyFor } from './remedy.ts';
import { readSqlError, type SqlError } from './sql-error.ts';
import { excerpt, offsetOfPosition, placeOfOffset } from './sql-position.ts';
import type { TargetStatement } from './statements.ts';

/**
 * Why a statement of a migration failed (C5): where in the file, what Postgres said, what to do. `prefix` was sent in
 * front of the statement.
 */
export function statementFailure(
  migration: ReplicaMigration,
  statement: TargetStatement,
  position: number,
  cause: unknown,
  prefix = '',
): LockstepError {
  const sqlError = readSqlError(cause);
  if (sqlError === null) return otherFailure(migration, cause);
  if (statement.kind !== 'sql' && sqlError.sqlState === '42601') {
    return electricUnknown(migration, statement, position, cause);
  }
  const offset = offsetIn(statement, sqlError, prefix);
  const { internal } = sqlError;
  return new LockstepError('MIGRATION_FAILED', {
    message: `${migration.tag} failed at statement ${position}: ${sqlError.message}`,
    remedy: remedyFor(sqlError, position),
    place: placeIn(migration, statement, position, offset),
    details: {
      ...detailsOf(migration, sqlError),
      excerpt: excerpt(statement.sql, offset),
      ...(internal === null
        ? {}
        : { inner: excerpt(internal.query, offsetOfPosition(internal.query, internal.position)) }),
    },
    cause,
  });
}

/** Whatever failed outside of a statement: the connection, the commit (a deferred constraint), the caller's own part. */
export function otherFailure(migration: ReplicaMigration, cause: unknown): LockstepError {
  const sqlError = readSqlError(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  const isDeferred = sqlError?.sqlState.startsWith('23') ?? false;
  return new LockstepError('MIGRATION_FAILED', {
    message: isDeferred
      ? `${migration.tag} failed when it was to be committed: ${message}`
      : `${migration.tag} failed: ${message}`,
    remedy:
      sqlError === null
        ? 'Nothing of the running transaction was kept. Look at the cause (is the connection gone?) and run again.'
        : isDeferred
          ? 'A deferred constraint looks at the rows at the end: correct what the migration left in them. Nothing of it was kept.'
          : remedyFor(sqlError, 1),
    place: { file: `${migration.tag}.${isProgram(migration) ? 'ts' : 'sql'}` },
    details: sqlError === null ? { tag: migration.tag } : detailsOf(migration, sqlError),
    cause,
  });
}

function isProgram(migration: ReplicaMigration): boolean {
  return 'program' in migration && migration.program !== null;
}

/** Why a TypeScript migration failed, with the SQL that it was running. */
export function programFailure(
  migration: ReplicaMigration,
  cause: unknown,
  sql: string | null,
): LockstepError {
  const place = { file: `${migration.tag}.ts` };
  if (isLockstepError(cause)) {
    if (cause.place !== null || cause.code !== 'PROGRAM_INVALID') return cause;
    return new LockstepError(cause.code, { message: cause.message, remedy: cause.remedy, place, cause });
  }
  const sqlError = readSqlError(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  const offset =
    sqlError === null || sqlError.position === null || sql === null
      ? 0
      : offsetOfPosition(sql, sqlError.position);
  return new LockstepError('MIGRATION_FAILED', {
    message: `${migration.tag} failed: ${message}`,
    remedy:
      sqlError === null
        ? 'The program threw this itself. What was not recorded as done was rolled back: correct it, and run again.'
        : remedyFor(sqlError, 1),
    place,
    details: {
      ...(sqlError === null ? { tag: migration.tag } : detailsOf(migration, sqlError)),
      ...(sqlError === null || sql === null ? {} : { excerpt: excerpt(sql, offset) }),
    },
    cause,
  });
}

/** Before anything runs: a bundle that is data (read from a database, or JSON) has no programs. */
export function programMissing(tags: readonly string[]): LockstepError {
  return new LockstepError('PROGRAM_MISSING', {
    message: `${tags.join(', ')}: pending, written in TypeScript, and the bundle at hand has no module of ${tags.length === 1 ? 'it' : 'them'}.`,
    remedy:
      'Nothing was run. Give the bundle that the compiler wrote (its index imports the modules), not one that was read as data.',
    details: { tags },
  });
}

/** B11. */
function electricUnknown(
  migration: ReplicaMigration,
  statement: TargetStatement,
  position: number,
  cause: unknown,
): LockstepError {
  return new LockstepError('ELECTRIC_UNKNOWN_TO_POSTGRES', {
    message: `${migration.tag} says ENABLE ELECTRIC, and this is Postgres itself, which doesn't know the words.`,
    remedy:
      'Send migrations through the migrations proxy: set PGHOST and PGPORT to it (127.0.0.1 and 65432 in development), or run `pnpm db:deploy`, which brings its own.',
    place: placeIn(migration, statement, position, 0),
    details: { tag: migration.tag, sqlState: '42601', excerpt: excerpt(statement.sql, 0) },
    cause,
  });
}

function placeIn(
  migration: ReplicaMigration,
  statement: TargetStatement,
  position: number,
  offset: number,
): ErrorPlace {
  return {
    file: `${migration.tag}.sql`,
    statement: position,
    ...(statement.place === null ? {} : placeOfOffset(statement.sql, offset, statement.place)),
  };
}

/** Without the detail, which may hold values of rows: that stays with the cause. */
function detailsOf(migration: ReplicaMigration, error: SqlError): Readonly<Record<string, unknown>> {
  const { sqlState, hint, where, constraint } = error;
  return {
    tag: migration.tag,
    sqlState,
    ...(hint === null ? {} : { hint }),
    ...(where === null ? {} : { where }),
    ...(constraint === null ? {} : { constraint }),
  };
}

/** Postgres's position; in the body of a DO block its line; otherwise the statement's beginning. */
function offsetIn({ sql }: TargetStatement, error: SqlError, prefix: string): number {
  if (error.position !== null)
    return Math.max(0, offsetOfPosition(prefix + sql, error.position) - prefix.length);
  const line = /\binline_code_block line (\d+)/.exec(error.where ?? '')?.[1];
  const body = /^\s*do\b[^$']*(\$[^$]*\$)/i.exec(sql);
  if (line === undefined || body === null) return 0;
  let offset = body[0].length;
  for (let at = 1; at < Number(line); at += 1) offset = sql.indexOf('\n', offset) + 1;
  return offset + (/^\s*/.exec(sql.slice(offset))?.[0].length ?? 0);
}
