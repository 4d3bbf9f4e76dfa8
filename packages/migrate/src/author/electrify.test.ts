import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { electrify } from './electrify.ts';

const golden = new URL('golden/', import.meta.url);
const names = readdirSync(golden)
  .filter((name) => name.endsWith('.in.sql'))
  .map((name) => name.slice(0, -'.in.sql'.length));
const syncedTables = ['items', 'notes', 'Mixed Case', 'app.items', 'weird"name'];

test.each(names)('B3 electrifies %s as its golden file says, to the byte', (name) => {
  const input = readFileSync(new URL(`${name}.in.sql`, golden), 'utf8');
  const output = electrify(input, { syncedTables });
  expect(output.sql).toBe(readFileSync(new URL(`${name}.out.sql`, golden), 'utf8'));
  expect(electrify(output.sql, { syncedTables })).toMatchObject({ sql: output.sql, inserted: [] });
});

test('B3 says what was processed, what was skipped, and why', () => {
  const sql = `CREATE TABLE items (id int); CREATE TABLE secrets (id int); CREATE TEMP TABLE notes (id int);
    CREATE TABLE p PARTITION OF items DEFAULT; CREATE UNLOGGED TABLE notes (id int);
    CREATE TABLE IF NOT EXISTS items (id int); CREATE TABLE app.items (id int); ALTER TABLE app.items ENABLE ELECTRIC;`;
  expect(electrify(sql, { syncedTables })).toMatchObject({
    inserted: [{ table: 'items' }],
    skipped: [
      { table: 'secrets', reason: 'not-synced' },
      { table: 'notes', reason: 'temporary' },
      { table: 'p', reason: 'partition' },
      { table: 'notes', reason: 'unlogged' },
      { table: 'items', reason: 'exists' },
      { table: 'app.items', reason: 'already-electrified' },
    ],
  });
});
