import type { SchemaVersion } from '@lockstep/protocol';
import type { Attempt } from './attempt.ts';
import type { Target } from './target.ts';

/** A row of our tracking table. */
export interface AppliedMigration {
  readonly tag: string;
  readonly index: number;
  /** The journal's `when`, milliseconds since 1970. */
  readonly when: number;
  /** sha256 of the file as it was applied. */
  readonly hash: string;
  readonly chain: string;
  readonly target: Target;
  /** When it was applied (or begun, while `step` says so), milliseconds since 1970. */
  readonly appliedAt: number;
  /** Null where nobody measured: taken over, or marked by hand. */
  readonly durationMs: number | null;
  /** Null when it is applied whole; otherwise the number of its statements that are done. */
  readonly step: number | null;
  /** Of one that is not applied whole. */
  readonly begun?: BegunMigration;
}

/** What is kept of a migration that is applied in steps, until it is applied whole. */
export interface BegunMigration {
  /** Its statements for this target, as they were when its last step was run. */
  readonly statements: readonly string[];
  /** The statement outside of transactions that was begun and whose end nobody recorded. */
  readonly attempt: Attempt | null;
}

/** A row of Drizzle's tracking table. */
export interface DrizzleRow {
  readonly hash: string;
  readonly createdAt: number;
}

/** What both tracking tables say. */
export interface AppliedState {
  /** In the order of the history. */
  readonly migrations: readonly AppliedMigration[];
  /** Rows of Drizzle's table that ours doesn't account for: applied by Drizzle's own migrator. */
  readonly drizzleOnly: readonly DrizzleRow[];
}

/** The newest migration that is applied whole: what the server announces (A1). Null on an empty database. */
export function currentVersion(applied: AppliedState): SchemaVersion | null {
  const newest = applied.migrations.findLast((migration) => migration.step === null);
  return newest === undefined ? null : { tag: newest.tag, index: newest.index, chain: newest.chain };
}
