import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createBareProject, createCliProject } from '../testing/cli-project.ts';
import { exampleProjects, firstMissing, parseExamples, runExamples } from '../testing/examples.ts';
import { cliReference } from './reference.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, DOCS), 'utf8');
const blanks = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();

test('docs/cli.md lists each command with its options: `pnpm docs:cli` writes it', () => {
  const [, generated = ''] = read('cli.md').split('<!-- generated: pnpm docs:cli -->');
  expect(blanks(generated)).toBe(blanks(cliReference()));
});

describe.each(['cli.md', 'migrations.md', 'leave.md'])('docs/%s', (name) => {
  test.each(exampleProjects(read(name), 'PGlite'))(
    'its examples do what they say: $name',
    async (example) => {
      const project = example.name === 'first' ? await createCliProject([]) : await createBareProject();
      try {
        expect(await runExamples(example.examples, project)).toBeGreaterThan(0);
      } finally {
        await project.remove();
      }
    },
    400_000,
  );
});

test('control: an example that says something else is caught', async () => {
  expect(firstMissing(['a', 'c'], ['a', 'b', 'c'])).toBe('c');
  expect(firstMissing(['a', '…', 'c'], ['a', 'b', 'c'])).toBeNull();
  expect(firstMissing(['took … ms'], ['took 12 ms'])).toBeNull();
  expect(firstMissing(['took … s'], ['took 12 ms'])).toBe('took … s');
  const markdown = '<!-- test -->\n```console\n$ lockstep nonsense # exits 2\nthere is\n```\n';
  expect(parseExamples(markdown)).toMatchObject([{ line: 3, exitCode: 2, expected: ['there is'] }]);
});
