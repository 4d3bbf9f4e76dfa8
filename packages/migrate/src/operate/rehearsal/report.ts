import type { LockstepError } from '@lockstep/protocol';
import type { MigrationOutcome, RunResult } from '../../run/run-options.ts';

export interface HeldLock {
  /** As Postgres quotes it. */
  readonly table: string;
  /** The strongest that the statement was the first to take: `AccessExclusiveLock`. */
  readonly mode: string;
}

/** What a statement did to the copy. */
export interface RehearsedStatement {
  /** From 1, as in the migration's file. */
  readonly statement: number;
  /** Its first line, shortened. */
  readonly sql: string;
  readonly durationMs: number;
  /** Held until the transaction's end. Null for a statement outside of transactions, whose locks can't be seen. */
  readonly locks: readonly HeldLock[] | null;
  /** Tables that got new files: each row was written again, or all were thrown away. */
  readonly rewritten: readonly string[];
  /** What the server wrote to its log meanwhile; on a server that others write to, theirs too. */
  readonly walBytes: number;
}

export interface RowsChanged {
  readonly table: string;
  /** Null where it wasn't there. */
  readonly before: number | null;
  readonly after: number | null;
}

export interface RehearsedMigration extends MigrationOutcome {
  readonly statements: readonly RehearsedStatement[];
  /** Tables whose number of rows changed. */
  readonly rows: readonly RowsChanged[];
}

/** How the copy was made. */
export type CopyKind = 'directory' | 'memory' | 'template' | 'dump';

export interface RehearsalReport {
  readonly copy: { readonly kind: CopyKind; readonly durationMs: number };
  /** How the run on the copy ended. */
  readonly outcome: RunResult['kind'];
  readonly error: LockstepError | null;
  readonly migrations: readonly RehearsedMigration[];
  /** Whether rows of the original changed meanwhile: others wrote. What a rehearsal does never reaches it. */
  readonly others: readonly string[];
}

/** For people, in lines. */
export function formatRehearsal(report: RehearsalReport): string {
  const { copy, migrations, outcome, others } = report;
  const lines = [`Rehearsed on a copy (${COPIES[copy.kind]}, made in ${copy.durationMs} ms).`];
  if (migrations.length === 0 && outcome === 'up-to-date') lines.push('Nothing is pending.');
  for (const migration of migrations) lines.push(...formatMigration(migration));
  if (others.length > 0) lines.push(`Others wrote to the original meanwhile: ${others.join(', ')}.`);
  lines.push('The original is as it was, and the copy is gone.');
  return lines.join('\n');
}

const COPIES: Readonly<Record<CopyKind, string>> = {
  directory: 'of the directory',
  memory: 'in memory',
  template: 'a database made from it',
  dump: 'a restored dump',
};

function formatMigration({ tag, outcome, durationMs, statements, rows }: RehearsedMigration): string[] {
  const head = outcome === 'not-run' ? `${tag}: not run` : `${tag}: ${outcome} after ${durationMs} ms`;
  return [
    head,
    ...statements.map((one) => {
      const parts = [
        `${one.durationMs} ms`,
        `${one.walBytes} B of log`,
        ...(one.locks === null
          ? ['outside of transactions']
          : one.locks.map(({ table, mode }) => `${mode} on ${table}`)),
        ...one.rewritten.map((table) => `rewrites ${table}`),
      ];
      return `  ${one.statement}. ${one.sql}\n     ${parts.join(', ')}`;
    }),
    ...rows.map(
      ({ table, before, after }) => `  ${table}: ${before ?? 'no table'} → ${after ?? 'no table'} rows`,
    ),
  ];
}
