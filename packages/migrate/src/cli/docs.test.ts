import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliProject, createCliProject } from '../testing/cli-project.ts';
import { firstMissing, parseExamples, runExamples } from '../testing/examples.ts';
import { cliReference } from './reference.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, DOCS), 'utf8');
const blanks = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();

test('docs/cli.md lists each command with its options: `pnpm docs:cli` writes it', () => {
  const [, generated = ''] = read('cli.md').split('<!-- generated: pnpm docs:cli -->');
  expect(blanks(generated)).toBe(blanks(cliReference()));
});

/** Documents whose examples are run. Those that are not written yet are left out. */
describe.each(['cli.md', 'migrations.md', 'leave.md'].filter((name) => existsSync(new URL(name, DOCS))))(
  'docs/%s',
  (name) => {
    let project: CliProject;
    beforeAll(async () => {
      project = await createCliProject([]);
    });
    afterAll(() => project.remove());

    test('its examples do what they say', async () => {
      expect(await runExamples(read(name), project)).toBeGreaterThan(0);
    }, 180_000);
  },
);

test('control: an example that says something else is caught', async () => {
  expect(firstMissing(['a', 'c'], ['a', 'b', 'c'])).toBe('c');
  expect(firstMissing(['a', '…', 'c'], ['a', 'b', 'c'])).toBeNull();
  expect(firstMissing(['took … ms'], ['took 12 ms'])).toBeNull();
  expect(firstMissing(['took … s'], ['took 12 ms'])).toBe('took … s');
  const markdown = '<!-- test -->\n```console\n$ lockstep nonsense # exits 2\nthere is\n```\n';
  expect(parseExamples(markdown)).toMatchObject([{ line: 3, exitCode: 2, expected: ['there is'] }]);
});
