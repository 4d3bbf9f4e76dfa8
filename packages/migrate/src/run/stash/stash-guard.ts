import type { Migration, ReplicaMigration } from '@lockstep/protocol';
import type { RunEvent } from '../events.ts';
import type { MigrationGuard } from '../guard.ts';
import { markUnchanged, moveToStash, noteChanged } from './move-to-stash.ts';
import { restoreStash } from './restore-stash.ts';

/**
 * Keeps what migrations lose (D3): before one runs, what it drops or narrows goes into a stash; behind one that was
 * undone before, what undoing it had put aside comes back. Migrations that lose nothing in either direction cost nothing.
 */
export function stashGuard(tell: (event: RunEvent) => void): MigrationGuard {
  return {
    concerns: (migration) =>
      isWhole(migration) && ((migration.stash ?? []).length > 0 || (migration.down?.lossy ?? []).length > 0),
    async before(tx, migration) {
      if (!isWhole(migration)) return;
      const { tag, hash } = migration;
      const moved = await moveToStash(tx, { tag, hash, direction: 'up' }, migration.stash ?? []);
      for (const count of moved) if (count.rows > 0) tell({ kind: 'stashed', tag, ...count });
      if (hasChangedTypes(migration.down?.lossy)) await markUnchanged(tx, { tag, hash, direction: 'down' });
    },
    async after(tx, migration) {
      if (!isWhole(migration)) return;
      const { tag, hash } = migration;
      if (hasChangedTypes(migration.stash)) await noteChanged(tx, { tag, hash, direction: 'up' });
      if ((migration.down?.lossy ?? []).length === 0) return;
      const restored = await restoreStash(tx, { tag, hash, direction: 'down' });
      for (const count of restored) if (count.rows > 0) tell({ kind: 'restored', tag, ...count });
    },
  };
}

function isWhole(migration: Migration | ReplicaMigration): migration is Migration {
  return 'server' in migration;
}

export function hasChangedTypes(items: Migration['stash']): boolean {
  return (items ?? []).some(({ columns }) => columns.some(({ to }) => to !== null));
}
