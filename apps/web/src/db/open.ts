import { toClientShapes } from '@lockstep/protocol';
import { type ErrorReport, type LocalDatabase, openLocalDatabase } from '@lockstep/sync';
import { shapes } from '@org/core';
import { replicaBundle } from '@org/core/migrations/replica';
import type { Identity } from './identity.ts';

/** Opens the person's own database: another person's has another name, and neither ever sees the other's rows. */
export function openPersonDatabase({ token, user }: Identity): Promise<LocalDatabase> {
  return openLocalDatabase({
    worker: () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'database' }),
    name: 'tracker',
    settings: {
      apiUrl: location.origin,
      shapes: toClientShapes(shapes),
      scope: user.id,
      token,
      bundle: replicaBundle,
    },
    // The banner and the status say it in the page; the console keeps it for who looks later.
    hooks: { onError: warn, onMigrationFailed: warn },
  });
}

function warn(error: ErrorReport): void {
  console.warn(`${error.code}: ${error.message}\n${error.remedy}`);
}
