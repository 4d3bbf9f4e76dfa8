import type { TableFact } from '@lockstep/protocol';
import { shapes, type Viewer } from '@org/core';
import { and, type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { Query } from '../database.ts';
import { encodeValue } from './encode.ts';
import { forbidden, rowNotFound } from './errors.ts';
import { keyColumns, type PlannedWrite } from './plan.ts';

const dialect = new PgDialect();

/** Makes one write in the caller's transaction and checks that the viewer may. Throws so that all of it is rolled back. */
export async function runWrite(query: Query, write: PlannedWrite, viewer: Viewer): Promise<void> {
  const run = (statement: SQL) => {
    const { sql: text, params } = dialect.sqlToQuery(statement);
    return query<Record<string, string>>(text, params);
  };
  if (write.operation === 'insert') {
    const [key] = await run(insertStatement(write));
    await checkAfter(run, write, new Map(Object.entries(key as object)), viewer);
    return;
  }
  const key = write.key as ReadonlyMap<string, unknown>;
  const statement = write.operation === 'update' ? updateStatement : deleteStatement;
  const changed = await run(statement(write, key, viewer.userId));
  if (changed.length === 0) throw await whyNone(run, write, key, viewer);
  if (write.operation === 'update') await checkAfter(run, write, key, viewer);
}

type Run = (statement: SQL) => Promise<Record<string, string>[]>;

function insertStatement({ table, values }: PlannedWrite): SQL {
  const names = sql.join(
    [...values.keys()].map((name) => sql.identifier(name)),
    sql`, `,
  );
  const params = sql.join(
    [...values].map((entry) => param(table, entry)),
    sql`, `,
  );
  return sql`INSERT INTO ${nameOf(table)} (${names}) VALUES (${params}) RETURNING ${keyList(table)}`;
}

function updateStatement(write: PlannedWrite, key: ReadonlyMap<string, unknown>, userId: string): SQL {
  const { table, values } = write;
  const sets = sql.join(
    [...values].map((entry) => sql`${sql.identifier(entry[0])} = ${param(table, entry)}`),
    sql`, `,
  );
  return sql`UPDATE ${nameOf(table)} SET ${sets} WHERE ${and(keyIs(table, key), write.policy.update?.(userId))} RETURNING ${keyList(table)}`;
}

function deleteStatement(write: PlannedWrite, key: ReadonlyMap<string, unknown>, userId: string): SQL {
  const { table } = write;
  return sql`DELETE FROM ${nameOf(table)} WHERE ${and(keyIs(table, key), write.policy.delete?.(userId))} RETURNING ${keyList(table)}`;
}

/** The row as it stands now is in a place where the person may write, and points nowhere else. */
async function checkAfter(
  run: Run,
  write: PlannedWrite,
  key: ReadonlyMap<string, unknown>,
  viewer: Viewer,
): Promise<void> {
  const { table, policy, values } = write;
  const may = write.operation === 'insert' ? policy.insert : policy.update;
  const references = policy.references
    .filter(({ columns }) => columns.some((name) => (values.get(name) ?? null) !== null))
    .map(({ condition }) => condition);
  const found = await run(
    sql`SELECT FROM ${nameOf(table)} WHERE ${and(keyIs(table, key), may?.(viewer.userId), ...references)}`,
  );
  if (found.length === 0)
    throw forbidden(
      `This person may not ${write.operation} that row of ${table.name}, or it points to a row elsewhere.`,
    );
}

/** A row that the viewer sees may be named in the error; of any other nothing is said, not even that it exists. */
async function whyNone(run: Run, write: PlannedWrite, key: ReadonlyMap<string, unknown>, viewer: Viewer) {
  const { table, operation } = write;
  const shape = Object.values(shapes).find((candidate) => candidate.table === table.name);
  const where = shape?.rows(viewer) ?? null;
  const isVisible = where === null ? undefined : withParams(where.sql, where.params);
  const seen = await run(sql`SELECT FROM ${nameOf(table)} WHERE ${and(keyIs(table, key), isVisible)}`);
  if (seen.length === 0) return rowNotFound(table.name);
  return forbidden(`This person may not ${operation} that row of ${table.name}.`);
}

/** A shape's clause with its `$1`, `$2` … as parameters of the statement that it becomes a part of. */
function withParams(clause: string, params: readonly string[]): SQL {
  const [first = '', ...rest] = clause.split(/\$(\d+)/);
  const chunks = rest.map((text, index) =>
    index % 2 === 0 ? sql`${sql.param(params[Number(text) - 1])}` : sql.raw(text),
  );
  return sql.join([sql.raw(first), ...chunks]);
}

function keyIs(table: TableFact, key: ReadonlyMap<string, unknown>): SQL {
  const parts = [...key].map(
    (entry) => sql`${nameOf(table)}.${sql.identifier(entry[0])} = ${param(table, entry)}`,
  );
  return sql.join(parts, sql` AND `);
}

function keyList(table: TableFact): SQL {
  return sql.join(
    keyColumns(table).map((name) => sql`${sql.identifier(name)}::text AS ${sql.identifier(name)}`),
    sql`, `,
  );
}

/** Without its schema, as in the policies' conditions: synced tables are found by the search path. */
function nameOf(table: TableFact): SQL {
  return sql`${sql.identifier(table.name)}`;
}

function param(table: TableFact, [name, value]: readonly [string, unknown]): SQL {
  const type = table.columns.find((column) => column.name === name)?.type ?? 'text';
  return sql`${sql.param(encodeValue(value, type))}`;
}
