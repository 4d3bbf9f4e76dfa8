import { formatRunEvent } from '@lockstep/migrate';
import type { MigrationBundle } from '@lockstep/protocol';
import { applyThroughProxy } from '../stack/apply.ts';

/** Applies the bundle as it is on disk now, with a line for each step. */
export async function applyBundle(proxyUrl: string): Promise<readonly string[]> {
  // Imported late: the same process may have compiled it a moment ago.
  const { bundle } = (await import('@org/core/migrations')) as { bundle: MigrationBundle };
  const applied = await applyThroughProxy(proxyUrl, bundle, (event) => {
    const line = formatRunEvent(event);
    if (line !== null) console.log(line);
  });
  if (applied.length === 0) console.log('The database is up to date.');
  return applied;
}
