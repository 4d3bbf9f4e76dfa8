import type { LockstepError, Migration, MigrationBundle } from '@lockstep/protocol';
import type { Effect } from '../../author/lint/effects/effect.ts';
import type { Finding } from '../../author/lint/finding.ts';
import type { LintedStatement, LintResult } from '../../author/lint/lint.ts';
import { isBlocking, type LockMode } from '../../author/lint/lock.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { type PendingMigration, plan } from '../../run/plan.ts';
import { planError } from '../../run/plan-error.ts';
import { readApplied } from '../../run/tracking.ts';
import { type Download, downloadsOf } from './downloads.ts';
import { type Estimate, estimate } from './estimate.ts';
import { findLockHolders, type LockHolder, measureTables, type TableSize } from './measure.ts';

/** A relation that a statement locks, with what it is now in this database. */
export interface PlannedEffect {
  readonly relation: string;
  readonly lock: LockMode;
  readonly work: 'rewrite' | 'index-build' | 'scan' | null;
  /** Null where the table isn't there (yet, or under this name). */
  readonly size: TableSize | null;
  readonly estimate: Estimate | null;
}

export interface PlannedStatement {
  /** From 1. */
  readonly number: number;
  readonly line: number;
  readonly sql: string;
  readonly isTransactional: boolean;
  readonly effects: readonly PlannedEffect[];
  readonly findings: readonly Finding[];
}

export interface PlannedMigration {
  readonly tag: string;
  /** Older than the newest applied one: it came in from a branch. */
  readonly isOutOfOrder: boolean;
  /** A TypeScript migration: what its program does isn't foreseen. */
  readonly isProgram: boolean;
  readonly statements: readonly PlannedStatement[];
  readonly downloads: readonly Download[];
  /** What it loses, and a stash keeps for the way back: `items.note`, or `items` for a whole table. */
  readonly stashed: readonly string[];
}

export interface PlanReport {
  readonly kind: 'up-to-date' | 'pending';
  readonly migrations: readonly PlannedMigration[];
  /** Transactions that a statement would wait for, now. */
  readonly holders: readonly LockHolder[];
  readonly walBytes: number;
  readonly seconds: number;
}

export type PlanReportOutcome =
  | { readonly kind: 'report'; readonly report: PlanReport }
  /** MIGRATION_AHEAD, MIGRATION_EDITED, MIGRATION_GAP: nothing can be planned. */
  | { readonly kind: 'impossible'; readonly error: LockstepError };

export interface PlanReportOptions {
  readonly bundle: MigrationBundle;
  /** Looks at the migrations of these tags, with those before them as their history. */
  readonly lint: (tags: readonly string[]) => Promise<LintResult>;
}

/** What would happen if the pending migrations were applied to this database now. Changes nothing in it. */
export async function planReport(executor: Executor, options: PlanReportOptions): Promise<PlanReportOutcome> {
  const found = plan(options.bundle, await readApplied(executor));
  if (found.kind === 'up-to-date')
    return {
      kind: 'report',
      report: { kind: 'up-to-date', migrations: [], holders: [], walBytes: 0, seconds: 0 },
    };
  if (found.kind !== 'pending') {
    const error = planError(found);
    if (error === null) throw new Error(`Assertion failed: the plan ${found.kind} has no error.`);
    return { kind: 'impossible', error };
  }
  const linted = await options.lint(found.pending.map(({ migration }) => migration.tag));
  const relations = new Set(
    linted.statements.flatMap(({ statement }) => statement.effects.map(({ relation }) => relation)),
  );
  const sizes = await measureTables(executor, [...relations]);
  const locked = linted.statements.flatMap(({ statement }) =>
    statement.effects.filter(({ lock }) => isBlocking(lock)).map(({ relation }) => relation),
  );
  const holders = await findLockHolders(executor, [...new Set(locked)]);
  const migrations = found.pending.map((pending) => plannedMigration(pending, linted, sizes));
  const estimates = migrations.flatMap(({ statements }) =>
    statements.flatMap(({ effects }) => effects.flatMap((effect) => effect.estimate ?? [])),
  );
  return {
    kind: 'report',
    report: {
      kind: 'pending',
      migrations,
      holders,
      walBytes: estimates.reduce((sum, { walBytes }) => sum + walBytes, 0),
      seconds: estimates.reduce((sum, { seconds }) => sum + seconds, 0),
    },
  };
}

function plannedMigration(
  { migration, isOutOfOrder }: PendingMigration<Migration>,
  { statements, findings }: LintResult,
  sizes: ReadonlyMap<string, TableSize>,
): PlannedMigration {
  const own = statements.filter(({ tag }) => tag === migration.tag);
  return {
    tag: migration.tag,
    isOutOfOrder,
    isProgram: migration.program !== null,
    statements: own.map((each) => plannedStatement(each, findings, sizes)),
    downloads: downloadsOf(migration.footprint),
    stashed: (migration.stash ?? []).flatMap(({ from, to, columns }) => {
      const table = from.schema === 'public' ? from.name : `${from.schema}.${from.name}`;
      return to === null ? [table] : columns.map((column) => `${table}.${column.from}`);
    }),
  };
}

function plannedStatement(
  { statement }: LintedStatement,
  findings: readonly Finding[],
  sizes: ReadonlyMap<string, TableSize>,
): PlannedStatement {
  const { classified, effects, number, file, node } = statement;
  const writes = node.UpdateStmt !== undefined ? 'update' : node.DeleteStmt !== undefined ? 'delete' : null;
  return {
    number,
    line: classified.place.line,
    sql: classified.text,
    isTransactional: classified.isTransactional,
    effects: effects
      .filter(({ kind }) => kind !== 'index')
      .map((effect): PlannedEffect => {
        const size = sizes.get(effect.relation) ?? null;
        return {
          relation: effect.relation,
          lock: effect.lock,
          work: workOf(effect),
          size,
          estimate: size === null ? null : estimate(effect, size, writes),
        };
      }),
    findings: findings.filter((finding) => finding.file === file && finding.statement === number),
  };
}

function workOf({ rewrites, builds, scans }: Effect): PlannedEffect['work'] {
  if (rewrites) return 'rewrite';
  if (builds) return 'index-build';
  return scans ? 'scan' : null;
}
