import type { Finding, Level } from '../finding.ts';

const WORK = {
  rewrite: 'rewrites the table',
  'index-build': 'builds an index',
  scan: 'reads every row',
} as const;
const EXCERPT_LINES_MAX = 6;

/** Findings for a terminal, grouped by file, each with its statement, its lock and what to paste. Ends with the count. */
export function formatFindings(findings: readonly Finding[], files: number): string {
  const lines: string[] = [];
  let file = '';
  for (const finding of findings) {
    if (finding.file !== file) {
      ({ file } = finding);
      lines.push(...(lines.length === 0 ? [] : ['']), file);
    }
    lines.push('', ...formatFinding(finding));
  }
  if (lines.length > 0) lines.push('');
  lines.push(formatCount(findings, files));
  return lines.join('\n');
}

function formatFinding(finding: Finding): readonly string[] {
  const { line, column, level, rule, what, safe, repeatable, concern } = finding;
  const lines = [`  ${line}:${column}  ${level}  ${rule}`, `    ${what}`];
  const lock = formatLock(finding);
  if (lock !== null) lines.push(`    ${lock}`);
  lines.push(...excerptOf(finding));
  for (const { title, sql } of safe?.blocks ?? []) {
    lines.push(`    ${title}:`, ...sql.split('\n').map((text) => (text === '' ? '' : `      ${text}`)));
  }
  if (repeatable !== null && concern !== 'style')
    lines.push('    To run twice:', ...repeatable.split('\n').map((text) => `      ${text}`));
  return lines;
}

/** `ACCESS EXCLUSIVE on items: readers and writers wait; rewrites the table` */
export function formatLock({ lock, table, blocks, work }: Finding): string | null {
  if (lock === null) return work === null ? null : `It ${WORK[work]}.`;
  const what = work === null ? 'for a moment' : WORK[work];
  return `${lock}${table === null ? '' : ` on ${table}`}: ${blocks ?? 'others'} wait; ${what}.`;
}

function excerptOf({ sql }: Finding): readonly string[] {
  if (sql === '') return [];
  const all = sql.replaceAll('\t', '  ').replaceAll('\r', '').split('\n');
  const shown = all.slice(0, EXCERPT_LINES_MAX).map((text) => `    | ${text}`);
  return all.length > EXCERPT_LINES_MAX ? [...shown, '    | …'] : shown;
}

export function formatCount(findings: readonly Finding[], files: number): string {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  const said = (['error', 'warning', 'notice'] as const)
    .map((level) => ({ level, found: count(level) }))
    .filter(({ found }) => found > 0)
    .map(({ level, found }) => `${found} ${level}${found === 1 ? '' : 's'}`);
  const of = `${files} file${files === 1 ? '' : 's'}`;
  return said.length === 0 ? `${of}: nothing found.` : `${of}: ${said.join(', ')}.`;
}
