import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout([]);
  const drizzle = "{ dialect: 'postgresql', schema: './schema', out: './drizzle', breakpoints: false }";
  await checkout.write('drizzle.config.ts', `export default ${drizzle};\n`);
  await writeSchema("name: text('name')");
});
afterAll(() => checkout.remove());

/** In a file of another name each time: what was imported once stays in this process. */
async function writeSchema(column: string): Promise<void> {
  await rm(join(checkout.path, 'schema'), { recursive: true, force: true });
  await checkout.write(
    `schema/${column.split(':')[0]}.ts`,
    `import { integer, pgTable, text } from '${DRIZZLE}';\n` +
      `export const items = pgTable('items', { id: integer('id').primaryKey(), ${column} });\n`,
  );
}

const DRIZZLE = import.meta.resolve('drizzle-orm/pg-core');

test('writes what the schema asks for, and says so when there is nothing', async () => {
  const run = await checkout.run(['generate', '--name', 'first', '--no-verify', '--json']);
  expect(run.json()).toMatchObject({ kind: 'generated', tag: '0000_first' });
  const again = await checkout.run(['generate']);
  expect(again).toMatchObject({ exitCode: EXIT.done, stdout: 'No schema changes, nothing to migrate.\n' });
});

test('an undecided rename ends with 2 and prints the flags; one that names nothing ends with 2 as well', async () => {
  await writeSchema("title: text('title')");
  const undecided = await checkout.run(['generate']);
  expect(undecided.exitCode).toBe(EXIT.usage);
  expect(undecided.stderr).toContain('  --rename items.name=items.title\n  --drop items.name ');
  const wrong = await checkout.run([
    'generate',
    '--rename',
    'items.naem=items.title',
    '--drop',
    'items.name',
  ]);
  expect(wrong.exitCode).toBe(EXIT.usage);
  expect(wrong.stderr).toContain('--rename items.naem=items.title: names nothing');
});

test('at a terminal it asks', async () => {
  const argv = ['generate', '--name', 'title', '--no-verify'];
  const run = await checkout.run(argv, { answers: ['0'] });
  expect(run.questions).toEqual(['The column items.name is gone, and items.title is new. Was it']);
  expect(run.stdout).toBe('Written: 0001_title.sql (1 statement).\n');
});
