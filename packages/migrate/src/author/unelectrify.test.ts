import { expect, test } from 'vitest';
import { electrify } from './electrify.ts';
import { unelectrify } from './unelectrify.ts';

const PLAIN = `CREATE TABLE "items" (\n\t"id" uuid PRIMARY KEY\n);\n--> statement-breakpoint\nCREATE TABLE "notes" ("id" uuid PRIMARY KEY); -- the end`;

test('electrifying is undone to the byte', () => {
  const electrified = electrify(PLAIN, { syncedTables: ['items', 'notes'] }).sql;
  expect(electrified).not.toBe(PLAIN);
  expect(unelectrify(electrified)).toBe(PLAIN);
});

test('a file without an inserted statement has no other form', () => {
  expect(unelectrify(PLAIN)).toBeNull();
  expect(unelectrify('SELECT 1; ALTER TABLE items ENABLE ELECTRIC;')).toBeNull();
});
