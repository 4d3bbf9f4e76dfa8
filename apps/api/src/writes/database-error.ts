import { LockstepError } from '@lockstep/protocol';
import type { Applied } from '@lockstep/sync/server';
import type { DatabaseError } from '../database.ts';
import { clientTooOld, invalid, serverBehind } from './errors.ts';
import { clientHasColumn, findTable } from './history.ts';
import type { PlannedWrite } from './plan.ts';

/**
 * What Postgres refused, in words that are safe to send: its own text may quote SQL or a row. Null for what is no fault
 * of the write. `applied` is what is applied by now, which may be newer than what the write was planned with.
 */
export function explainDatabaseError(
  error: DatabaseError,
  write: PlannedWrite,
  context: { readonly applied: Applied; readonly version: string | null },
): LockstepError | null {
  const code = error.code ?? '';
  const table = write.table.name;
  const constraint = error.constraint ?? '';
  const fact = write.table.constraints.find(({ name }) => name === constraint);
  const details = { table, constraint, columns: fact?.columns ?? [] };
  if (code === '23505') return conflict('Another row has this value already.', details);
  if (code === '23503')
    return conflict('The row points to one that is not there, or others point to it.', details);
  if (code === '23502') return missingValue(table, error.column ?? '', context);
  if (code === '23514') return invalid(`The row breaks a rule of ${table} (${constraint}).`, details);
  if (code === '42703' || code === '42P01') return changedMeanwhile(write, context.applied);
  if (code.startsWith('22') || code === '428C9')
    return invalid(`A value does not fit its column in ${table}.`, { table });
  if (code === 'P0001') return invalid(`A rule of ${table} refused the row.`, { table });
  return null;
}

function missingValue(
  table: string,
  column: string,
  { applied, version }: { readonly applied: Applied; readonly version: string | null },
): LockstepError {
  const details = { table, columns: [column] };
  if (!clientHasColumn(applied, version, table, column)) return clientTooOld(details);
  return invalid(`${table}.${column} needs a value.`, details);
}

/** A migration landed between planning and writing. */
function changedMeanwhile(write: PlannedWrite, applied: Applied): LockstepError {
  const table = findTable(applied, write.table.name);
  const names = new Set(table?.columns.map((column) => column.name));
  const gone = [...write.values.keys(), ...(write.key?.keys() ?? [])].filter((name) => !names.has(name));
  if (gone.length > 0) return clientTooOld({ table: write.table.name, columns: gone });
  return serverBehind(`a change of ${write.table.name}`);
}

function conflict(message: string, details: Readonly<Record<string, unknown>>): LockstepError {
  return new LockstepError('CONFLICT', {
    message,
    remedy:
      'Look at the rows as they are now and make the change again; none of the request’s writes was made.',
    details,
  });
}
