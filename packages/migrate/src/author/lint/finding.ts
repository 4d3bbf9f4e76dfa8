import type { LockMode } from './lock.ts';

export const LEVELS = ['notice', 'warning', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/**
 * What a rule is about: others who wait (`lock`), a statement that fails or does something else than it says
 * (`failure`), rows that are lost (`data`), code and clients that know the schema as it was (`clients`), rows that
 * follow from sync (`sync`), habits (`style`).
 */
export type Concern = 'lock' | 'failure' | 'data' | 'clients' | 'sync' | 'style';

/** SQL to paste instead of the statement: blocks in the order in which they are to run. */
export interface SafeForm {
  /** The statement stays, and the blocks come beside it. */
  readonly isAddition?: boolean;
  readonly blocks: readonly { readonly title: string; readonly sql: string }[];
}

/** Something that a rule has to say about a statement. Everything in it is safe to show. */
export interface Finding {
  readonly rule: string;
  readonly level: Level;
  readonly concern: Concern;
  readonly file: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** The statement's number in its file, from 1; null for what is said of the whole file. */
  readonly statement: number | null;
  /** The statement's text, shortened. */
  readonly sql: string;
  /** What is the matter, one sentence. */
  readonly what: string;
  /** `items`, or `app.items` outside the schema `public`. */
  readonly table: string | null;
  /** The lock that the statement takes on it. */
  readonly lock: LockMode | null;
  /** Who waits for it. */
  readonly blocks: string | null;
  /** What takes the longer the larger the table is. */
  readonly work: 'rewrite' | 'index-build' | 'scan' | null;
  readonly safe: SafeForm | null;
  /** The statement in a form that may run twice, or null where it has none (or is one already). */
  readonly repeatable: string | null;
}

export const STATEMENT_CHARS_MAX = 400;
