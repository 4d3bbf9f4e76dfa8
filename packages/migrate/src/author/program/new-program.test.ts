import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFixture } from '../../testing/fixture-folder.ts';
import { writeFolders } from '../../testing/folders-fixture.ts';
import { readMigrations } from '../read-migrations.ts';
import { loadProgram, programSourceOf } from './load-program.ts';
import { newProgram, sealProgram } from './new-program.ts';
import { programSql, readProgramFile } from './program-sql.ts';

const last = async (folder: string) => {
  const migration = (await readMigrations(folder)).at(-1);
  if (migration === undefined) throw new Error('unreachable');
  return migration;
};
const ITEMS = 'CREATE TABLE items (id int PRIMARY KEY, name text);';

test('D1 newProgram makes module, SQL file and journal entry together, with the snapshot drizzle-kit goes on from', async () => {
  const folder = await writeFixture([{ tag: '0000_items', sql: ITEMS }]);
  await writeFile(
    join(folder, 'meta', '0000_snapshot.json'),
    JSON.stringify({ id: 'a', prevId: '0', tables: {} }),
  );
  const made = await newProgram(folder, 'lower_names', { description: 'Names are small.' });
  expect(made).toEqual({
    tag: '0001_lower_names',
    moduleFile: join(folder, '0001_lower_names.ts'),
    sqlFile: join(folder, '0001_lower_names.sql'),
  });
  const migration = await last(folder);
  expect(migration).toMatchObject({ tag: made.tag, index: 1, program: { file: made.moduleFile } });
  expect(migration.when).toBeGreaterThan(1_700_000_000_000);
  const snapshot = JSON.parse(await readFile(join(folder, 'meta', '0001_snapshot.json'), 'utf8'));
  expect(snapshot).toMatchObject({ prevId: 'a', tables: {} });
  expect(snapshot.id).not.toBe('a');

  const source = programSourceOf(migration);
  if (source === null) throw new Error('unreachable');
  const { program, export: name } = await loadProgram(migration.tag, source);
  expect(name).toBe('default');
  expect(program).toMatchObject({ id: 'lower_names', description: 'Names are small.' });
});

test('D1 the same in the layout of drizzle-kit 1.0', async () => {
  const folder = await writeFolders([{ tag: '20231114221320_items', sql: ITEMS }]);
  const { tag } = await newProgram(folder, 'lower_names', { when: Date.UTC(2026, 2, 20, 5, 58, 9) });
  expect(tag).toBe('20260320055809_lower_names');
  expect((await readdir(join(folder, tag))).sort()).toEqual([
    'migration.sql',
    'migration.ts',
    'snapshot.json',
  ]);
  expect(programSourceOf(await last(folder))).not.toBeNull();
});

test('a name that is none, and a newer migration than the clock says', async () => {
  const folder = await writeFixture([{ tag: '0000_items', sql: ITEMS }]);
  await expect(newProgram(folder, '../x')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  await newProgram(folder, 'x', { when: 5 });
  expect((await last(folder)).when).toBe(1_700_000_001_000);
});

test('the file of a program is recognised by all of its bytes, and nothing else is', () => {
  const sql = programSql('a'.repeat(64));
  expect(readProgramFile(sql)).toEqual({ kind: 'program', moduleHash: 'a'.repeat(64) });
  expect(readProgramFile(`${sql} `)).toEqual({ kind: 'damaged' });
  expect(readProgramFile(sql.replaceAll('\n', '\r\n'))).toEqual({ kind: 'damaged' });
  expect(readProgramFile(sql.replace('DO $', 'SELECT 1; DO $'))).toEqual({ kind: 'damaged' });
  expect(readProgramFile(`-- note\n${sql}`)).toEqual({ kind: 'sql' });
  expect(readProgramFile('DO $$ BEGIN RAISE EXCEPTION $x$no$x$; END $$')).toEqual({ kind: 'sql' });
});

test('a module that was edited is refused with both hashes until it is sealed, and a released one is never sealed', async () => {
  const folder = await writeFixture([{ tag: '0000_items', sql: ITEMS }]);
  const { tag, moduleFile, sqlFile } = await newProgram(folder, 'lower_names');
  await writeFile(moduleFile, `${await readFile(moduleFile, 'utf8')}// one more line\n`);
  const edited = await last(folder);
  expect(() => programSourceOf(edited)).toThrow(
    expect.objectContaining({
      code: 'PROGRAM_INVALID',
      place: { file: moduleFile },
      message: expect.stringMatching(/[0-9a-f]{64} instead of [0-9a-f]{64}/),
    }),
  );
  await expect(sealProgram(folder, tag, { released: [tag] })).rejects.toMatchObject({
    code: 'PROGRAM_INVALID',
  });
  expect(await sealProgram(folder, tag)).toBe(true);
  expect(await sealProgram(folder, tag, { released: [tag] })).toBe(false);
  expect(programSourceOf(await last(folder))).not.toBeNull();
  await writeFile(sqlFile, `${await readFile(sqlFile, 'utf8')}-- edited\n`);
  const damaged = await last(folder);
  expect(() => programSourceOf(damaged)).toThrow(expect.objectContaining({ place: { file: sqlFile } }));
  await expect(sealProgram(folder, '0000_items')).rejects.toMatchObject({ code: 'PROGRAM_INVALID' });
});

test('a module beside plain SQL, and one that is gone, are refused; a module that no migration has is named', async () => {
  const folder = await writeFixture([{ tag: '0000_items', sql: ITEMS }]);
  await writeFile(join(folder, '0000_items.ts'), 'export {};');
  const both = await last(folder);
  expect(() => programSourceOf(both)).toThrow(expect.objectContaining({ code: 'PROGRAM_INVALID' }));
  const alone = { ...both, program: null, sql: programSql('a'.repeat(64)) };
  expect(() => programSourceOf(alone)).toThrow(
    expect.objectContaining({ message: expect.stringContaining('not there') }),
  );

  const other = await writeFixture([{ tag: '0000_items', sql: ITEMS }]);
  await writeFile(join(other, 'relations.ts'), 'export {};');
  await mkdir(join(other, 'helpers'));
  expect(await readMigrations(other)).toHaveLength(1);
  await writeFile(join(other, '0001_forgotten.ts'), 'export {};');
  await expect(readMigrations(other)).rejects.toMatchObject({
    code: 'MIGRATION_FILE_UNLISTED',
    message: expect.stringContaining('0001_forgotten.ts'),
  });
});

const module = (imports: string, rest = '') => ({
  file: '/nowhere/0001_names.ts',
  text: `import { defineMigration } from '@lockstep/migrate';\n${imports}\n${rest}
export const migration = defineMigration({ id: 'names', version: '1', description: 'x', up: async () => {} });\n`,
});

test.each([
  ["import { helper } from './helper.ts';", './helper.ts'],
  ["import './side-effect.ts';", './side-effect.ts'],
  ["export { helper } from '../helper.ts';", '../helper.ts'],
  ["const lazy = () => import('./lazy.ts');", './lazy.ts'],
  ["import { x } from '/etc/x.js';", '/etc/x.js'],
  ["import { x } from '#internal';", '#internal'],
])('D1 a program that says %s is refused, with the place: it would not be shipped', async (line, request) => {
  await expect(loadProgram('0001_names', module(line))).rejects.toMatchObject({
    code: 'PROGRAM_INVALID',
    message: expect.stringContaining(request),
    place: { file: '/nowhere/0001_names.ts', line: 2 },
  });
});

test('D1 packages, Node built-ins and types from beside it can be imported', async () => {
  const imports = [
    "import type { Item } from './types.ts';",
    "import { type Other } from './types.ts';",
    "export type { Item } from './types.ts';",
    "import { createHash } from 'node:crypto';",
  ].join('\n');
  const source = module(
    imports,
    "export const hash: string = createHash('sha256').digest('hex'); const x: Item | Other | null = null; void x;",
  );
  expect(
    await loadProgram('0001_names', { ...source, file: `${import.meta.dirname}/0001_names.ts` }),
  ).toMatchObject({
    export: 'migration',
  });
});

test.each([
  ['no migration', 'export const x = 1;', 'exports no migration'],
  [
    'several',
    "import { defineMigration as d } from '@lockstep/migrate';\nconst up = async () => {};\nexport const a = d({ id: 'names', version: '1', description: '', up });\nexport const b = d({ ...a });",
    'several',
  ],
  [
    'the id of another',
    "export default { id: 'other', version: '1', description: '', up: async () => {} };",
    'has the id other',
  ],
  ['a throw', "throw new Error('at load');", 'at load'],
  ['no TypeScript', 'export const = ;', 'no valid TypeScript'],
])('a module with %s is refused', async (_name, text, message) => {
  await expect(loadProgram('0001_names', { file: '/tmp/0001_names.ts', text })).rejects.toMatchObject({
    code: 'PROGRAM_INVALID',
    message: expect.stringContaining(message),
    place: { file: '/tmp/0001_names.ts' },
  });
});
