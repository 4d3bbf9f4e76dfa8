import type { Migration } from '@lockstep/protocol';

/** What a process does that is killed on its way. */
export interface CrashJob {
  readonly database:
    | { readonly kind: 'pglite'; readonly directory: string }
    | { readonly kind: 'postgres'; readonly url: string };
  readonly migrations: readonly Migration[];
  /** The boundary at which it kills itself: before or behind a call into the database. Null for none. */
  readonly killAt: number | null;
  /** Sends each statement by itself, also to an engine in the process. */
  readonly isStepwise: boolean;
  /** The control: writes the tracking rows outside of the migration's transaction. */
  readonly isBroken: boolean;
}

/** What it says when it comes to its end. */
export interface CrashReport {
  readonly boundaries: number;
  readonly result: string;
}
