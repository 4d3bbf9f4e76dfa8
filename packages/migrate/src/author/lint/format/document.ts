import type { Concern } from '../finding.ts';
import type { Rule } from '../rule.ts';

const CONCERNS: Readonly<Record<Concern, string>> = {
  lock: 'Others wait',
  failure: 'It fails, or does something else',
  data: 'Rows are lost',
  clients: 'Running code and open pages',
  sync: 'Sync',
  style: 'Habits',
};

/** The part of `docs/lint.md` that follows from the rules: what each is about, why, and what to write instead. */
export function formatRuleDocument(rules: readonly Rule[]): string {
  const sections = (Object.keys(CONCERNS) as Concern[]).map((concern) => {
    const own = rules.filter((rule) => rule.concern === concern);
    return [`## ${CONCERNS[concern]}`, ...own.map(formatRule)].join('\n\n');
  });
  return [...sections, formatCoverage(rules)].join('\n\n');
}

function formatRule({ name, level, subject, why, instead }: Rule): string {
  return `### ${name}\n\n${subject}. Level: ${level}.\n\n${why}\n\nInstead: ${instead}`;
}

/** Which rule answers to a name that people know from another linter. */
function formatCoverage(rules: readonly Rule[]): string {
  const rows = rules
    .flatMap(({ name, covers }) => covers.map((covered) => ({ covered, name })))
    .sort((left, right) => (left.covered < right.covered ? -1 : left.covered > right.covered ? 1 : 0));
  const byName = new Map<string, string[]>();
  for (const { covered, name } of rows) byName.set(covered, [...(byName.get(covered) ?? []), name]);
  const cells = [
    ['there', 'here'],
    ...[...byName].map(([covered, names]) => [covered, names.map((name) => `\`${name}\``).join(', ')]),
  ];
  // Aligned, as the formatter of the repository would have it.
  const [left, right] = [0, 1].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const lines = cells.map(
    ([one = '', two = '']) => `| ${one.padEnd(left ?? 0)} | ${two.padEnd(right ?? 0)} |`,
  );
  const rule = `| ${'-'.repeat(left ?? 0)} | ${'-'.repeat(right ?? 0)} |`;
  return ['## Coming from another linter', '', lines[0], rule, ...lines.slice(1)].join('\n');
}
