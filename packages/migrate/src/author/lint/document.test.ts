import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatRuleDocument } from './format/document.ts';
import { RULES } from './registry.ts';

const FILE = join(import.meta.dirname, '../../../../../docs/lint.md');
const MARK =
  '<!-- From here on: written from the rules by `vitest run document.test.ts` with UPDATE_DOCS=1. -->\n\n';

test('docs/lint.md has every rule as the registry has it', () => {
  const text = readFileSync(FILE, 'utf8');
  const at = text.indexOf(MARK);
  expect(at).toBeGreaterThan(0);
  const expected = `${text.slice(0, at)}${MARK}${formatRuleDocument(RULES)}\n`;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, expected);
  else expect(text).toBe(expected);
});

test('names are unique, and every rule says why and what instead', () => {
  expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
  for (const rule of RULES) {
    expect(rule.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(rule.why.length).toBeGreaterThan(10);
    expect(rule.instead).toMatch(/[.)]$/);
  }
});

/** Every rule of other linters that can be decided from SQL and schema. */
const KNOWN = `squawk: adding-field-with-default adding-foreign-key-constraint adding-not-nullable-field adding-required-field
  adding-serial-primary-key-field ban-alter-domain-with-add-constraint ban-char-field
  ban-concurrent-index-creation-in-transaction ban-create-domain-with-constraint ban-drop-column ban-drop-database
  ban-drop-not-null ban-drop-table ban-duplicate-column-assignments ban-truncate-cascade ban-uncommitted-transaction
  changing-column-type constraint-missing-not-valid disallowed-unique-constraint identifier-too-long
  prefer-bigint-over-int prefer-bigint-over-smallint prefer-identity prefer-repack prefer-robust-stmts prefer-text-field
  prefer-timestamptz renaming-column renaming-table require-concurrent-index-creation require-concurrent-index-deletion
  require-concurrent-partition-detach require-concurrent-reindex require-enum-value-ordering require-table-schema
  require-timeout-settings transaction-nesting
eugene: E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E11 W12 W13 W14 E15
atlas: DS101 DS102 DS103 MF101 MF103 MF104 BC101 BC102 CD101`;

test('every rule of squawk, eugene and atlas has its answer here', () => {
  const covered = new Set(RULES.flatMap(({ covers }) => covers));
  const missing = KNOWN.split(/\n(?=\w+:)/).flatMap((line) => {
    const [tool = '', names = ''] = line.split(':');
    return names
      .trim()
      .split(/\s+/)
      .map((name) => `${tool} ${name}`)
      .filter((name) => !covered.has(name));
  });
  expect(missing).toEqual([]);
});
