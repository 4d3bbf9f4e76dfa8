/** What a runner's process is told, as JSON. Paths are absolute. */
export interface RunnerOptions {
  readonly database: CrashDatabase;
  /** The bundle as JSON, and the modules of its TypeScript migrations by tag. */
  readonly bundle: string;
  readonly programs: Readonly<Record<string, string>>;
  /** Boundaries that somebody was killed at already, a line each; the runner adds its own. */
  readonly covered: string;
  /** Where it writes its `ReportLine`s. */
  readonly report: string;
  readonly kill: KillRule;
  readonly broken: Breakage | null;
  /** SQL that mends the data, run before the migrations. */
  readonly mend: string | null;
  /** Tells the state after each call into the database: the states that are allowed. */
  readonly records: boolean;
}

export type CrashDatabase =
  | { readonly kind: 'pglite'; readonly directory: string }
  /** `url` may be that of a proxy, `directUrl` is the database itself. */
  | { readonly kind: 'postgres'; readonly url: string; readonly directUrl: string };

/**
 * Where a boundary is, seen from a message to the database: before it is sent, behind it, before its answer is seen,
 * at a write of the database to its files meanwhile, or with the server's own process in the middle of it.
 */
export type BoundaryKind = 'event' | 'before' | 'sent' | 'answered' | 'write' | 'both';

export type KillRule =
  | { readonly kind: 'none' }
  /** At the next boundary that is not covered and that the seed chooses, with these shares of each kind from 0 to 1. */
  | {
      readonly kind: 'next';
      readonly seed: number;
      readonly shares: Readonly<Partial<Record<BoundaryKind, number>>>;
      /** A regular expression: at messages only whose SQL has it. */
      readonly only?: string;
    }
  /** From outside: the runner only says when it begins, on its standard output. */
  | { readonly kind: 'outside' };

/** Deliberately wrong engines, which must be caught. */
export type Breakage = 'row-outside' | 'no-intent' | 'no-progress';

export type ReportLine =
  /** As it was found at the start, or after a call. */
  | { readonly kind: 'state'; readonly state: State }
  | { readonly kind: 'damaged'; readonly what: string }
  | { readonly kind: 'applied'; readonly tag: string }
  | { readonly kind: 'killed'; readonly boundary: string }
  | {
      readonly kind: 'ended';
      readonly result: string;
      readonly tag: string | null;
      readonly message: string | null;
      readonly state: State;
    };

/** A database as far as it must be the same after every crash. */
export interface State {
  /** Migrations that are applied whole. */
  readonly whole: number;
  /** A statement outside of transactions was begun, and its end is not recorded. */
  readonly isOpen: boolean;
  /** Tracking tables and every row of every table. */
  readonly rows: readonly string[];
  /** Columns, indexes, constraints, types. */
  readonly structure: readonly string[];
}
