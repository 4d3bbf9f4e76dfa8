import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromRoot, ROOT } from '../root.ts';
import { readSourceFiles } from './source-files.ts';

const DOCUMENT = 'docs/published-failures.md';
const WORDS = 'published failure';
/** A failure that nobody's issue tells of. */
const NOBODY = '–';

interface Row {
  readonly what: string;
  /** What a source is called in the names of tests: an issue's number, or a name and date. */
  readonly sources: readonly string[];
  readonly files: readonly string[];
}

const read = (file: string) => readFileSync(fromRoot(file), 'utf8');

function parseRows(markdown: string): readonly Row[] {
  return markdown
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 6 && cells[4]?.includes('`'))
    .map(([, what = '', whom = '', , tests = '']) => ({
      what,
      sources: whom === NOBODY ? [] : whom.split(', ').map((source) => /#\d+/.exec(source)?.[0] ?? source),
      files: [...tests.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
    }));
}

/** What of a row isn't shown by the tests it names. */
function findUnshown({ what, sources, files }: Row): readonly string[] {
  const texts = files.map((file) => (existsSync(fromRoot(file)) ? read(file) : ''));
  return [
    ...files
      .filter((_file, index) => texts[index]?.includes(WORDS) !== true)
      .map((file) => `${what}: ${file} names no ${WORDS}`),
    ...sources
      .filter((source) => !texts.some((text) => text.includes(source)))
      .map((source) => `${what}: no test names ${source}`),
  ];
}

const rows = parseRows(read(DOCUMENT));

test.each(rows)('$what: the tests that are named show it', (row) => {
  expect(findUnshown(row)).toEqual([]);
});

test('every file whose tests name a published failure is listed', () => {
  const listed = new Set(rows.flatMap(({ files }) => files));
  const title = new RegExp(`['"\`]([A-Z]\\d+[:,] )*${WORDS}`);
  const naming = readSourceFiles(ROOT)
    .filter(({ path, text }) => !path.startsWith('scripts/check/') && title.test(text))
    .map(({ path }) => path);
  expect(naming.filter((file) => !listed.has(file))).toEqual([]);
  expect(naming.length).toBeGreaterThan(20);
});

test('control: a row whose test does not name its source is told', () => {
  const [row] = parseRows('| it broke | nobody #1234567, x | does | `packages/none.test.ts` |');
  expect(row === undefined ? [] : findUnshown(row)).toHaveLength(3);
});
