import type { Executor } from '@lockstep/migrate';

export interface OpenDatabase {
  readonly executor: Executor;
  /** What is damaged on disk; null where the files are a server's. */
  readonly integrity: (() => Promise<readonly string[]>) | null;
  readonly target: 'server' | 'embedded';
}
