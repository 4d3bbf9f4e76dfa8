import { LockstepError, type TableFact, type Write } from '@lockstep/protocol';
import type { Applied } from '@lockstep/sync/server';
import { clientTooOld, forbidden, invalid, notMigratedYet, serverBehind } from './errors.ts';
import { everHadColumn, everHadTable, findTable, isAhead } from './history.ts';
import { type KnownTable, knownTable, outdatedColumns } from './known-table.ts';
import type { TablePolicy } from './policy.ts';

/** A write that is well formed at the applied version; who may make it is asked in the transaction. */
export interface PlannedWrite {
  readonly operation: Write['operation'];
  readonly table: TableFact;
  readonly policy: TablePolicy;
  /** By column; null for an insert, whose key Postgres says. */
  readonly key: ReadonlyMap<string, unknown> | null;
  /** By column; empty for a delete. */
  readonly values: ReadonlyMap<string, unknown>;
}

/**
 * Judges a write against what is applied, not against this build's own schema alone: columns that this build doesn't
 * know are let through, columns that it knows and the database has no longer are the client's being too old.
 * Throws `CLIENT_TOO_OLD`, `UNKNOWN_COLUMN`, `REQUEST_INVALID`, `FORBIDDEN`, `NOT_MIGRATED` or `SERVER_BEHIND`.
 */
export function planWrite(
  write: Write,
  context: { readonly applied: Applied; readonly version: string | null; readonly userId: string },
): PlannedWrite {
  const { applied, version } = context;
  const table = findTable(applied, write.table);
  if (table === undefined) throw missingTable(write.table, applied, version);
  const known = knownTable(write.table);
  if (known === undefined) throw serverBehind(`the table ${write.table}`);
  const { policy } = known;
  if (known.validators === null || policy[write.operation] === null) {
    throw forbidden(`Nobody may ${write.operation} rows of ${write.table} through the API.`);
  }
  const given = write.operation === 'delete' ? {} : write.values;
  const key = write.operation === 'insert' ? null : write.key;
  checkColumns([...Object.keys(given), ...Object.keys(key ?? {})], table, known, context);
  return {
    operation: write.operation,
    table,
    policy,
    key: key === null ? null : readKey(table, key),
    values:
      write.operation === 'delete'
        ? new Map()
        : ownValues(write, policy, validate(write, table, known, context), context.userId),
  };
}

function missingTable(name: string, applied: Applied, version: string | null): LockstepError {
  if (everHadTable(applied, name)) return clientTooOld({ table: name });
  if (isAhead(applied, version)) return notMigratedYet(version);
  return invalid(`There is no table named ${JSON.stringify(name)} for clients.`);
}

function checkColumns(
  names: readonly string[],
  table: TableFact,
  known: KnownTable,
  { applied, version }: { readonly applied: Applied; readonly version: string | null },
): void {
  const missing = names.filter((name) => !table.columns.some((column) => column.name === name));
  if (missing.length > 0) {
    const details = { table: table.name, columns: missing };
    if (missing.some((name) => everHadColumn(applied, table.name, name))) throw clientTooOld(details);
    if (isAhead(applied, version)) throw notMigratedYet(version);
    throw new LockstepError('UNKNOWN_COLUMN', {
      message: `${table.name} has no column named ${missing.map((name) => JSON.stringify(name)).join(', ')}.`,
      remedy: 'Write columns that the server’s schema has (/api/electric/schemas).',
      details,
    });
  }
  // A reference that this build doesn't know might lead into another person's rows, and nothing here would look.
  const unchecked = names.find(
    (name) =>
      !known.columns.has(name) &&
      table.constraints.some(({ kind, columns }) => kind === 'foreign-key' && columns.includes(name)),
  );
  if (unchecked !== undefined) throw serverBehind(`${table.name}.${unchecked}`);
}

function readKey(table: TableFact, key: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  const names = keyColumns(table);
  const given = Object.keys(key);
  const isWhole = names.every((name) => key[name] !== undefined && key[name] !== null);
  if (names.length === 0 || !isWhole || given.length !== names.length) {
    throw invalid(`The key of ${table.name} is ${names.join(', ')}.`, { key: names });
  }
  return new Map(names.map((name) => [name, key[name]]));
}

/** In the key's order. */
export function keyColumns(table: TableFact): readonly string[] {
  return table.columns
    .filter((column) => column.keyIndex !== null)
    .sort((one, other) => (one.keyIndex as number) - (other.keyIndex as number))
    .map((column) => column.name);
}

/** Known columns go through the schema's validator, which may also tidy them; the others go to Postgres as they are. */
function validate(
  write: Exclude<Write, { operation: 'delete' }>,
  table: TableFact,
  known: KnownTable,
  { applied }: { readonly applied: Applied },
): Map<string, unknown> {
  const outdated = outdatedColumns(known, table, applied.schema);
  const property = (name: string) => known.properties.get(name) as string;
  // Which columns need a value is for Postgres to say: defaults and triggers may have come since this build.
  const validator = (known.validators as NonNullable<KnownTable['validators']>)[write.operation]
    .omit(Object.fromEntries([...outdated].map((name) => [property(name), true])) as Record<string, never>)
    .partial();
  const isJudged = (name: string) => known.columns.has(name) && !outdated.has(name);
  const entries = Object.entries(write.values);
  const judged = entries.filter(([name]) => isJudged(name)).map(([name, value]) => [property(name), value]);
  const parsed = validator.safeParse(Object.fromEntries(judged));
  if (!parsed.success) {
    const nameOf = new Map([...known.properties].map(([name, key]) => [key, name]));
    const issues = parsed.error.issues.map(({ path, message }) => ({
      column: nameOf.get(String(path[0])) ?? String(path[0]),
      message,
    }));
    throw invalid(`A value for ${table.name}.${issues[0]?.column} is not valid: ${issues[0]?.message}`, {
      table: table.name,
      issues,
    });
  }
  return new Map(
    entries.map(([name, value]) => [name, isJudged(name) ? parsed.data[property(name)] : value]),
  );
}

/** Fixes who a row is by, and refuses changes to what a row's place and authorship are. */
function ownValues(
  write: Write,
  policy: TablePolicy,
  values: Map<string, unknown>,
  userId: string,
): ReadonlyMap<string, unknown> {
  if (write.operation === 'update') {
    const fixed = [...values.keys()].filter((name) => policy.fixed.includes(name));
    if (fixed.length > 0)
      throw invalid(`${write.table}.${fixed[0]} never changes after the row is made.`, { columns: fixed });
    if (values.size === 0) throw invalid(`An update of ${write.table} names no column.`);
    return values;
  }
  if (policy.author === null) return values;
  const author = values.get(policy.author);
  if (author !== undefined && author !== userId)
    throw forbidden(`A row of ${write.table} is by the person who makes it.`);
  return values.set(policy.author, userId);
}
