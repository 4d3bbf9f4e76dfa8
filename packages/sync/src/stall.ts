import { LockstepError } from '@lockstep/protocol';
import type { ChannelMessage } from './channel.ts';

/** So long the leader may give no sign of life while it opens the database or moves its schema. */
export const STALL_MS = 120_000;
const TICK_MS = 1_000;

export interface StallWatchOptions {
  readonly stallMs: number;
  readonly onStalled: (error: LockstepError) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

export interface StallWatch {
  /** Something was heard on the channel. */
  note(message: ChannelMessage): void;
  stop(): void;
}

/**
 * Tells when the leader hangs in a statement that doesn't end: PGlite runs it on the worker's only thread, where no
 * statement_timeout fires and nothing can be cancelled. Counts from the start, and from each step of a migration.
 */
export function watchForStall({
  stallMs,
  onStalled,
  now = () => performance.now(),
}: StallWatchOptions): StallWatch {
  let silentMs = 0;
  let migrating: string | null = null;
  let tickedAt = now();
  let timer: ReturnType<typeof setInterval> | null = setInterval(tick, TICK_MS);

  function tick(): void {
    // A page that was frozen, or a machine that slept, wasn't waiting: the worker stood still as well.
    silentMs += Math.min(now() - tickedAt, 2 * TICK_MS);
    tickedAt = now();
    if (silentMs < stallMs) return;
    stop();
    onStalled(stalled(migrating, stallMs));
  }

  function watch(): void {
    silentMs = 0;
    if (timer !== null) return;
    tickedAt = now();
    timer = setInterval(tick, TICK_MS);
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
  }

  return {
    note(message) {
      // Other tabs say these; they tell nothing of the leader.
      if (message.kind === 'hello' || message.kind === 'command') return;
      silentMs = 0;
      if (message.kind === 'leader') watch();
      if (message.kind === 'open-failed') stop();
      if (message.kind !== 'migration') return;
      const { state } = message;
      migrating = state.kind === 'migrating' ? state.to : null;
      if (state.kind === 'migrating' && state.step === 'schema') watch();
      else stop();
    },
    stop,
  };
}

function stalled(migrating: string | null, stallMs: number): LockstepError {
  const during = migrating === null ? 'while it was opened' : `on the way to ${migrating}`;
  return new LockstepError('LOCAL_DATABASE_STALLED', {
    message: `The local database has given no sign of life for ${Math.round(stallMs / 1000)} s ${during}; it was stopped.`,
    remedy:
      'Nothing of the unfinished step was kept. Reload the page; if it happens again, reset the local database: its rows come from the server again.',
    details: { migrating },
  });
}
