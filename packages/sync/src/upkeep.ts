import type { PGliteInterface } from '@electric-sql/pglite';

/** So many rows make a log that is worth not reading again at the next start. */
const CHECKPOINT_ROWS = 2_000;
/** The page's own queries go first. */
const CHECKPOINT_DELAY_MS = 1_500;

/** What a server's background processes would do, and nobody does in a PGlite. */
export interface Upkeep {
  /** Rows were written; `isBusy` while more are coming. */
  note(rows: number, isBusy: boolean): void;
  /** Done when nothing of it touches the database any more. */
  stop(): Promise<void>;
}

/**
 * Writes a checkpoint when many rows have come and it has become quiet: a page is closed by killing its worker, and the
 * next start would read the whole log again, which no one else ever cuts.
 */
export function createUpkeep(db: Pick<PGliteInterface, 'exec'>): Upkeep {
  let rows = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let work: Promise<unknown> = Promise.resolve();
  let isStopped = false;

  function cancel(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  }

  return {
    note(more, isBusy) {
      rows += more;
      if (isBusy) return cancel();
      if (isStopped || timer !== null || rows < CHECKPOINT_ROWS) return;
      timer = setTimeout(() => {
        timer = null;
        rows = 0;
        // It can fail when the disk is full: the log is longer then, and whole.
        work = db.exec('CHECKPOINT').catch(() => undefined);
      }, CHECKPOINT_DELAY_MS);
    },
    async stop() {
      isStopped = true;
      cancel();
      await work;
    },
  };
}
