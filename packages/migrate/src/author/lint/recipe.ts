import { quoteIdentifier } from '@lockstep/protocol';
import { primaryKey, type Table } from './schema/schema.ts';

/** Rows of one batch: some tenths of a second of work, and locks on few rows. */
const BATCH_ROWS = 5000;

/** An UPDATE of some thousand rows at a time, to be repeated until it changes none. */
export function batchedUpdate(name: string, table: Table | null, set: string, where: string): string {
  const columns = primaryKey(table)?.columns ?? [];
  const key = columns.length === 0 ? 'ctid' : columns.map(quoteIdentifier).join(', ');
  const left = columns.length > 1 ? `(${key})` : key;
  return `-- Again and again until it changes no row, each time in a transaction of its own.
UPDATE ${name} SET ${set}
WHERE ${left} IN (SELECT ${key} FROM ${name} WHERE ${where} LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED);`;
}

/** NOT NULL without a scan under ACCESS EXCLUSIVE: two migrations' SQL. */
export function notNullInSteps(
  head: string,
  table: string,
  column: string,
  postgres: number,
): readonly [first: string, second: string] {
  const quoted = quoteIdentifier(column);
  const name = quoteIdentifier(`${table}_${column}_not_null`);
  if (postgres >= 18) {
    return [
      `${head} ADD CONSTRAINT ${name} NOT NULL ${quoted} NOT VALID;`,
      `${head} VALIDATE CONSTRAINT ${name};`,
    ];
  }
  return [
    `${head} ADD CONSTRAINT ${name} CHECK (${quoted} IS NOT NULL) NOT VALID;`,
    `${head} VALIDATE CONSTRAINT ${name};`,
  ];
}

/** What follows on the check of `notNullInSteps` where Postgres is older than 18. */
export function notNullFromCheck(head: string, table: string, column: string): string {
  const name = quoteIdentifier(`${table}_${column}_not_null`);
  return `${head} ALTER COLUMN ${quoteIdentifier(column)} SET NOT NULL;
${head} DROP CONSTRAINT ${name};`;
}

/** A constraint's text without the name it is given. */
export function withoutName(text: string): string {
  return text.replace(/^constraint\s+(?:"(?:[^"]|"")*"|[^\s"]+)\s+/i, '');
}
