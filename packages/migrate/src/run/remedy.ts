import type { SqlError } from './sql-error.ts';

const LOCKED =
  'Another transaction kept its locks for too long. Find it in pg_stat_activity and let it end, then run again.';

/** What to do about a SQLSTATE, where more can be said than Postgres's hint does. */
const REMEDIES: Readonly<Record<string, string>> = {
  '55P03': LOCKED,
  '40P01': LOCKED,
  '42501': "The database user lacks this right: migrate as the tables' owner.",
  '42P07':
    'It exists already and was not made by this history: `lockstep adopt` (or `adopt` in a program) compares the database with the history and takes it over; or drop or rename it.',
  '42701':
    'The column exists already and was not made by this history: `lockstep adopt` says which version the database is at; or drop or rename it.',
  '25001':
    'This statement runs outside of transactions only: compile the bundle again, which gives it a step of its own.',
  '2D000':
    'A procedure that commits cannot run in a migration, whose transactions are the runner’s: call it apart.',
  '55P04': 'A new enum value can be used after a commit only: put COMMIT; behind ALTER TYPE … ADD VALUE.',
  '23502': 'There are rows without a value: fill them before, or give the column a default.',
  '23503':
    'There are rows that point at none: delete or correct them before, or add the constraint as NOT VALID.',
  '23505': 'There are rows with the same value: tell them apart before.',
  '23514': 'There are rows that break the rule: correct them before, or add the constraint as NOT VALID.',
  '2BP01': 'Something depends on it: drop or change that first, by name rather than by CASCADE.',
  '57014':
    'It was cancelled, by a statement_timeout or by somebody: SET LOCAL statement_timeout = 0 in the file lifts the limit.',
  '53100': 'The disk is full: make room, then run again.',
};

/** Ours, beside Postgres's own hint. `position` is the statement's, from 1. */
export function remedyFor(error: SqlError, position: number): string {
  const remedy = REMEDIES[error.sqlState] ?? 'Correct the SQL or the data it stumbled over, and run again.';
  return position > 1 || error.position !== null
    ? remedy
    : `${remedy} Nothing of the failed transaction was kept.`;
}
