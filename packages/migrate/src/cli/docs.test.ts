import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createBareCheckout, createCliCheckout } from '../testing/cli-checkout.ts';
import { exampleCheckouts, firstMissing, parseExamples, runExamples } from '../testing/examples.ts';
import { cliReference } from './reference.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, DOCS), 'utf8');
const blanks = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();

test('docs/cli.md lists each command with its options: `pnpm docs:cli` writes it', () => {
  const [, generated = ''] = read('cli.md').split('<!-- generated: pnpm docs:cli -->');
  expect(blanks(generated)).toBe(blanks(cliReference()));
});

describe.each(['cli.md', 'migrations.md', 'leave.md'])('docs/%s', (name) => {
  test.each(exampleCheckouts(read(name), 'PGlite'))(
    'its examples do what they say: $name',
    async (example) => {
      const checkout = example.name === 'first' ? await createCliCheckout([]) : await createBareCheckout();
      try {
        expect(await runExamples(example.examples, checkout)).toBeGreaterThan(0);
      } finally {
        await checkout.remove();
      }
    },
    400_000,
  );
});

const ENTRIES = {
  'of `@lockstep/migrate` (browser-safe)': () => import('../index.ts'),
  'of `@lockstep/migrate/node`': () => import('../node.ts'),
};

test.each(Object.entries(ENTRIES))('docs/migrations.md names what is there %s', async (title, load) => {
  const [, table = ''] = read('migrations.md').split(`| ${title} `);
  const rows = (table.split('\n\n')[0] ?? '').split('\n').slice(2);
  const names = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`(\w+)/g)].map(([, name]) => name),
  );
  expect(names.length).toBeGreaterThan(8);
  const there = new Set(Object.keys(await load()));
  expect(names.filter((name) => !there.has(name as string))).toEqual([]);
});

test('control: an example that says something else is caught', async () => {
  expect(firstMissing(['a', 'c'], ['a', 'b', 'c'])).toBe('c');
  expect(firstMissing(['a', '…', 'c'], ['a', 'b', 'c'])).toBeNull();
  expect(firstMissing(['took … ms'], ['took 12 ms'])).toBeNull();
  expect(firstMissing(['took … s'], ['took 12 ms'])).toBe('took … s');
  const markdown = '<!-- test -->\n```console\n$ lockstep nonsense # exits 2\nthere is\n```\n';
  expect(parseExamples(markdown)).toMatchObject([{ line: 3, exitCode: 2, expected: ['there is'] }]);
  expect(() => parseExamples('<!-- fiel: a.ts -->')).toThrow('unknown');
});
