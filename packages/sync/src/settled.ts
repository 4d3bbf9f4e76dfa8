import type { Observable, ShapeStatus, SyncStatus } from './contract.ts';

/** A table that can't be reached for this long counts as settled: its rows come when they can, unwatched. */
const OFFLINE_MS_MAX = 5_000;

const WAITING: ReadonlySet<ShapeStatus['kind']> = new Set(['connecting', 'loading', 'refetching']);

/** Waits until the tables have the server's rows or can't get them now; tells each time one more has. */
export function waitUntilSettled(
  status: Observable<SyncStatus>,
  tables: ReadonlySet<string>,
  onProgress: (next: string | null, share: number) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const finish = () => {
      stop();
      if (timer !== null) clearTimeout(timer);
      resolve();
    };
    const look = () => {
      const shapes = Object.values(status.get().shapes).filter(({ table }) => tables.has(table));
      const waiting = shapes.filter(({ kind }) => WAITING.has(kind));
      const offline = shapes.filter(({ kind }) => kind === 'offline');
      const settled = shapes.length - waiting.length - offline.length;
      onProgress(
        (waiting[0] ?? offline[0])?.table ?? null,
        shapes.length === 0 ? 1 : settled / shapes.length,
      );
      if (waiting.length === 0 && offline.length === 0) return finish();
      if (offline.length === 0 && timer !== null) {
        clearTimeout(timer);
        timer = null;
      } else if (offline.length > 0) timer ??= setTimeout(finish, OFFLINE_MS_MAX);
    };
    const stop = status.subscribe(look);
    look();
  });
}
