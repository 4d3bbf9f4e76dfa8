import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { loadParser, type Parser } from '../../sql/parser.ts';
import { parseGolden } from '../../testing/golden-lint.ts';
import type { Finding } from './finding.ts';
import { formatFindings } from './format/terminal.ts';
import { type LintFile, lintFiles } from './lint.ts';
import { RULES } from './registry.ts';

const GOLDEN = join(import.meta.dirname, 'golden');
let parser: Parser;
beforeAll(async () => {
  parser = await loadParser();
});

/** A golden file's findings of its own rule. */
function findingsOf(rule: string): readonly Finding[] {
  const golden = parseGolden(readFileSync(join(GOLDEN, `${rule}.in.sql`), 'utf8'), rule);
  return lintFiles(parser, golden.files, golden).findings.filter((finding) => finding.rule === rule);
}

test.each(RULES.map(({ name }) => name))('%s says what its golden file says', async (rule) => {
  const findings = findingsOf(rule);
  expect(findings.length).toBeGreaterThan(0);
  await expect(`${formatFindings(findings, 1)}\n`).toMatchFileSnapshot(join(GOLDEN, `${rule}.out.txt`));
});

test.each(RULES.map(({ name }) => name))(
  '%s: what it says to paste parses, and is not found again',
  (rule) => {
    const golden = parseGolden(readFileSync(join(GOLDEN, `${rule}.in.sql`), 'utf8'), rule);
    const before = golden.files.slice(0, -1);
    const last = golden.files.at(-1) as LintFile;
    for (const finding of findingsOf(rule)) {
      if (finding.safe === null) continue;
      const pasted = finding.safe.blocks.map(({ sql }, index) => ({
        tag: `paste_${index}`,
        file: `paste_${index}.sql`,
        sql,
        isReported: true,
      }));
      const files =
        finding.safe.isAddition === true
          ? [
              ...before,
              { ...last, sql: `${last.sql};\n${finding.safe.blocks.map(({ sql }) => sql).join('\n')}` },
            ]
          : [...before, ...pasted];
      const again = lintFiles(parser, files, golden).findings.filter(({ rule: found }) => found === rule);
      const about =
        finding.safe.isAddition === true ? again.filter(({ what }) => what === finding.what) : again;
      expect(about.map(({ what, sql }) => `${what} | ${sql}`)).toEqual([]);
      if (finding.repeatable !== null)
        expect(parser.parse(finding.repeatable)).toMatchObject({ kind: 'parsed' });
    }
  },
);
