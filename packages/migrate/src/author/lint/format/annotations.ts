import type { Finding } from '../finding.ts';
import { formatLock } from './terminal.ts';

/** Workflow commands that GitHub shows beside the line. */
export function formatGithub(findings: readonly Finding[]): string {
  return findings
    .map((finding) => {
      const place = `file=${escapeProperty(finding.file)},line=${finding.line},col=${finding.column}`;
      return `::${finding.level} ${place},title=${escapeProperty(finding.rule)}::${escapeData(messageOf(finding))}`;
    })
    .join('\n');
}

/** `file:line:column: level: what (rule)`, which editors and CI systems know from compilers. */
export function formatGeneric(findings: readonly Finding[]): string {
  return findings
    .map(
      ({ file, line, column, level, what, rule }) => `${file}:${line}:${column}: ${level}: ${what} (${rule})`,
    )
    .join('\n');
}

function messageOf(finding: Finding): string {
  const safe = (finding.safe?.blocks ?? []).map(({ title, sql }) => `${title}:\n${sql}`);
  return [finding.what, formatLock(finding), ...safe].filter((line) => line !== null).join('\n');
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
