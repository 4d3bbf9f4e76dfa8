import { expect, test } from 'vitest';
import { parseElectricStatement } from './electric-statement.ts';

test.each([
  ['ALTER TABLE "items" ENABLE ELECTRIC;', 'enable-electric', null, 'items', false],
  ['alter\n table -- x\n Items /* y */ enable\telectric', 'enable-electric', null, 'items', false],
  [
    'ALTER TABLE IF EXISTS ONLY "App"."My ""Items" DISABLE ELECTRIC',
    'disable-electric',
    'App',
    'My "Items',
    true,
  ],
  ['ALTER TABLE items * ENABLE ELECTRIC', 'enable-electric', null, 'items', false],
  [`ALTER TABLE U&"d!0061ta" UESCAPE '!' ENABLE ELECTRIC`, 'enable-electric', null, 'data', false],
  ['ALTER TABLE ÄB ENABLE ELECTRIC', 'enable-electric', null, 'Äb', false],
  ['ALTER TABLE if ENABLE ELECTRIC', 'enable-electric', null, 'if', false],
])('recognises %s', (text, kind, schema, name, ifExists) => {
  expect(parseElectricStatement(text)).toEqual({ kind, table: { schema, name }, ifExists });
});

test.each([
  '',
  'SELECT 1',
  'ALTER TABLE items ENABLE TRIGGER electric',
  'ALTER TABLE items ENABLE ELECTRIC, ADD COLUMN a int',
  'ALTER TABLE items ENABLE ELECTRIC; SELECT 1',
  'ALTER TABLE items ENABLE "electric"',
  '-- ALTER TABLE items ENABLE ELECTRIC',
  "DO 'ALTER TABLE items ENABLE ELECTRIC'",
  'ALTER TABLE a.b.c ENABLE ELECTRIC',
  'ALTER TABLE ENABLE ELECTRIC',
])('leaves %s alone', (text) => {
  expect(parseElectricStatement(text)).toBeNull();
});
