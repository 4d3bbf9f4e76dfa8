import { isLockstepError, LockstepError, type ReplicaMigration } from '@lockstep/protocol';
import { readSqlError, type SqlError } from './sql-error.ts';
import { excerpt, offsetOfPosition, placeOfOffset } from './sql-position.ts';
import type { TargetStatement } from './statements.ts';

/** Why a statement of a migration failed (C5): where in the file, what Postgres said, what to do. */
export function statementFailure(
  migration: ReplicaMigration,
  statement: TargetStatement,
  position: number,
  cause: unknown,
): LockstepError {
  const sqlError = readSqlError(cause);
  if (sqlError === null) return otherFailure(migration, cause);
  if (statement.kind !== 'sql' && sqlError.sqlState === '42601') {
    return electricUnknown(migration, statement, position, cause);
  }
  const offset = sqlError.position === null ? null : offsetOfPosition(statement.sql, sqlError.position);
  return new LockstepError('MIGRATION_FAILED', {
    message: `${migration.tag} failed at statement ${position}: ${sqlError.message}`,
    remedy: remedyFor(sqlError),
    place: {
      file: `${migration.tag}.sql`,
      statement: position,
      ...(statement.place === null ? {} : placeOfOffset(statement.sql, offset ?? 0, statement.place)),
    },
    details: {
      tag: migration.tag,
      sqlState: sqlError.sqlState,
      excerpt: excerpt(statement.sql, offset ?? 0),
      ...(sqlError.hint === null ? {} : { hint: sqlError.hint }),
    },
    cause,
  });
}

/** Whatever failed outside of a statement: the connection, the commit (a deferred constraint), the caller's own part. */
export function otherFailure(migration: ReplicaMigration, cause: unknown): LockstepError {
  const sqlError = readSqlError(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  return new LockstepError('MIGRATION_FAILED', {
    message: `${migration.tag} failed: ${message}`,
    remedy:
      sqlError === null
        ? 'Nothing of the running transaction was kept. Look at the cause (is the connection gone?) and run again.'
        : remedyFor(sqlError),
    place: { file: `${migration.tag}.${isProgram(migration) ? 'ts' : 'sql'}` },
    details: { tag: migration.tag, ...(sqlError === null ? {} : { sqlState: sqlError.sqlState }) },
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
        : remedyFor(sqlError),
    place,
    details: {
      tag: migration.tag,
      ...(sqlError === null ? {} : { sqlState: sqlError.sqlState }),
      ...(sqlError === null || sql === null ? {} : { excerpt: excerpt(sql, offset) }),
      ...(sqlError === null || sqlError.hint === null ? {} : { hint: sqlError.hint }),
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
    place: {
      file: `${migration.tag}.sql`,
      statement: position,
      ...(statement.place === null ? {} : { line: statement.place.line, column: statement.place.column }),
    },
    details: { tag: migration.tag, sqlState: '42601', excerpt: excerpt(statement.sql, 0) },
    cause,
  });
}

const LOCK_REMEDY =
  'Another transaction kept its locks for too long. Find it in pg_stat_activity and let it end, then run again.';

const REMEDIES: Readonly<Record<string, string>> = {
  '55P03': LOCK_REMEDY,
  '40P01': LOCK_REMEDY,
  '42501': "The database user lacks this right: migrate as the tables' owner.",
  '42P07':
    'It exists already and was not made by this history: drop or rename it, or mark the migration as applied if it is the same.',
  '25001': 'This statement runs outside of transactions only: give it a migration of its own.',
};

function remedyFor(error: SqlError): string {
  return (
    REMEDIES[error.sqlState] ??
    'The failed transaction left nothing behind. Correct the SQL or the data it stumbled over, and run again.'
  );
}
