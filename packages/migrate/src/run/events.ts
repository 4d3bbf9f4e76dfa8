import type { LockstepError } from '@lockstep/protocol';
import type { StructureDiff } from '../operate/structure/diff.ts';
import { formatStructureDiff } from '../operate/structure/format-diff.ts';

/** What a run tells while it runs, in order. Durations in milliseconds. */
export type RunEvent =
  | {
      readonly kind: 'planned';
      readonly applied: number;
      readonly pending: readonly string[];
      /** Those of `pending` that are older than the newest applied: merged in from a branch. */
      readonly outOfOrder: readonly string[];
    }
  /** Another runner holds the lease. Told once for each holder. */
  | { readonly kind: 'waiting'; readonly holder: string }
  /** Migrations that Drizzle's own migrator had applied are now in our table as well. */
  | { readonly kind: 'taken-over'; readonly tags: readonly string[] }
  /** `position` counts from 1. */
  | { readonly kind: 'started'; readonly tag: string; readonly position: number; readonly of: number }
  /** Just before a statement, or before several that are sent as one; both numbers count from 1. */
  | {
      readonly kind: 'statement';
      readonly tag: string;
      readonly statement: number;
      readonly through?: number;
      readonly of: number;
    }
  /** A lock was not to be had in time; everything of this migration was rolled back and is tried again. */
  | { readonly kind: 'retrying'; readonly tag: string; readonly attempt: number; readonly delayMs: number }
  /** A backfill of a TypeScript migration goes on: rows gone through, of about how many. At most once a second, and at its end. */
  | {
      readonly kind: 'backfill';
      readonly tag: string;
      /** The backfill's name: its table's, unless it has one of its own. */
      readonly part: string;
      readonly rows: number;
      readonly of: number;
    }
  /** Rows of columns (or of a table that is dropped) were copied into the stash, for the migration loses them. */
  | {
      readonly kind: 'stashed' | 'restored';
      readonly tag: string;
      readonly table: string;
      readonly columns: readonly string[];
      readonly rows: number;
    }
  /** The database differs from what is promised in what the run's migrations have nothing to do with. Once a run. */
  | { readonly kind: 'drift'; readonly diff: StructureDiff }
  | { readonly kind: 'applied'; readonly tag: string; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly tag: string; readonly error: LockstepError }
  | { readonly kind: 'finished'; readonly applied: number; readonly durationMs: number };

/** A line for a log (C7), or null for an event that is progress only. */
export function formatRunEvent(event: RunEvent): string | null {
  switch (event.kind) {
    case 'planned':
      return formatPlanned(event.applied, event.pending, event.outOfOrder);
    case 'waiting':
      return `Another runner is migrating this database (${event.holder}), waiting for it.`;
    case 'taken-over':
      return `Taken over from Drizzle's migrator: ${event.tags.join(', ')}.`;
    case 'started':
      return `Applying ${event.tag} (${event.position} of ${event.of}).`;
    case 'statement':
      return null;
    case 'backfill':
      return event.rows < event.of
        ? `${event.tag}: ${event.rows} of about ${event.of} rows of ${event.part}.`
        : `${event.tag}: ${event.rows} ${event.rows === 1 ? 'row' : 'rows'} of ${event.part} done.`;
    case 'retrying':
      return `${event.tag} did not get its locks, attempt ${event.attempt + 1} in ${event.delayMs} ms.`;
    case 'stashed':
      return `${event.tag}: ${rowsOf(event)} kept in the stash.`;
    case 'restored':
      return `${event.tag}: ${rowsOf(event)} brought back from the stash.`;
    case 'drift':
      return `The database is not quite what its migrations made:\n${formatStructureDiff(event.diff)}`;
    case 'applied':
      return `Applied ${event.tag} in ${event.durationMs} ms.`;
    case 'failed':
      return `${event.tag} failed and was rolled back: ${event.error.message}`;
    case 'finished':
      return `${event.applied} ${event.applied === 1 ? 'migration' : 'migrations'} applied in ${event.durationMs} ms.`;
  }
}

function rowsOf(event: Extract<RunEvent, { kind: 'stashed' | 'restored' }>): string {
  const rows = `${event.rows} ${event.rows === 1 ? 'row' : 'rows'}`;
  return `${rows} of ${event.table} (${event.columns.join(', ')})`;
}

function formatPlanned(applied: number, pending: readonly string[], outOfOrder: readonly string[]): string {
  if (pending.length === 0) return `${applied} applied, nothing pending.`;
  const late =
    outOfOrder.length === 0
      ? ''
      : ` Older than the newest applied one, applied now: ${outOfOrder.join(', ')}.`;
  return `${applied} applied, ${pending.length} pending: ${pending.join(', ')}.${late}`;
}
