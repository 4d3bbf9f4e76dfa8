import { isBlocking } from '../../author/lint/lock.ts';
import { label } from '../../author/lint/rule.ts';
import type { PlannedEffect, PlannedStatement, PlanReport } from './plan-report.ts';

const SQL_CHARS_MAX = 100;
const WORK = { rewrite: 'rewritten', 'index-build': 'index built', scan: 'read' } as const;

/** The report for a terminal. */
export function formatPlanReport(report: PlanReport): string {
  if (report.kind === 'up-to-date') return 'Nothing is pending.';
  const lines: string[] = [];
  for (const migration of report.migrations) {
    const notes = [
      ...(migration.isOutOfOrder ? ['older than what is applied: it came in from a branch'] : []),
      ...(migration.isProgram ? ['a program: what it does to rows is not foreseen here'] : []),
    ];
    lines.push(`${migration.tag}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`);
    for (const statement of migration.statements) lines.push(...formatStatement(statement));
    for (const { table, rows, because } of migration.downloads)
      lines.push(
        `  clients load ${rows === 'all' ? `${table} again` : rows === 'new' ? `${table}` : `the changed rows of ${table}`}: ${because}`,
      );
    if (migration.stashed.length > 0)
      lines.push(`  kept in a stash for the way back: ${migration.stashed.join(', ')}`);
    lines.push('');
  }
  for (const holder of report.holders) {
    const who =
      holder.application === ''
        ? `process ${holder.processId}`
        : `${holder.application} (process ${holder.processId})`;
    lines.push(
      `${label(holder.relation)} is in use by ${who}, ${holder.state}, for ${Math.round(holder.seconds)} s (${holder.lock}): a stronger lock waits for it.`,
    );
  }
  const findings = report.migrations.flatMap(({ statements }) =>
    statements.flatMap((statement) => statement.findings),
  );
  const errors = findings.filter(({ level }) => level === 'error').length;
  lines.push(
    `${report.migrations.length} pending, ${formatSeconds(report.seconds)}, about ${formatBytes(report.walBytes)} of WAL, ${findings.length} finding${findings.length === 1 ? '' : 's'} (${errors} error${errors === 1 ? '' : 's'}; \`lint --pending\` says what to write instead).`,
  );
  return lines.join('\n');
}

function formatStatement({
  number,
  sql,
  effects,
  findings,
  isTransactional,
}: PlannedStatement): readonly string[] {
  const text = sql.replace(/\s+/g, ' ');
  const short = text.length > SQL_CHARS_MAX ? `${text.slice(0, SQL_CHARS_MAX)}…` : text;
  return [
    `  ${number}. ${short}${isTransactional ? '' : ' (outside of a transaction)'}`,
    ...effects.filter(isTold).map((effect) => `     ${formatEffect(effect)}`),
    ...findings.map(({ level, rule, what }) => `     ${level} ${rule}: ${what}`),
  ];
}

const isTold = ({ lock, work }: PlannedEffect) => isBlocking(lock) || work !== null;

function formatEffect({ relation, lock, work, size, estimate }: PlannedEffect): string {
  const what = work === null ? 'locked' : WORK[work];
  if (size === null) return `${label(relation)} ${what} (${lock}); not in this database yet`;
  const rows =
    size.rows === null
      ? 'rows unknown'
      : `${size.isExact ? '' : 'about '}${formatNumber(size.rows)} ${size.rows === 1 ? 'row' : 'rows'}`;
  const bytes = `${formatBytes(size.tableBytes)} + ${formatBytes(size.indexBytes)} of indexes`;
  const cost =
    estimate === null || estimate.duration === 'instant' ? 'instant' : formatSeconds(estimate.seconds);
  const wal =
    estimate === null || estimate.walBytes === 0 ? '' : `, ${formatBytes(estimate.walBytes)} of WAL`;
  return `${label(relation)} ${what} (${lock}): ${rows}, ${bytes}; ${cost}${wal}`;
}

function formatNumber(value: number): string {
  return value.toLocaleString('en');
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit]}`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 1) return 'under a second';
  if (seconds < 90) return `about ${Math.round(seconds)} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Number((seconds / 3600).toFixed(1))} h`;
}
