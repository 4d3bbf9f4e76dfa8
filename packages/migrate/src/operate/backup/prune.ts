import { chooseExpired, type Retention } from './retention.ts';
import { listBackups, removeBackup, removeUnfinished } from './store.ts';

/** Deletes what the retention rule lets go of one database's backups; answers the names. Others' are not touched. */
export async function pruneBackups(
  folder: string,
  databaseId: string | null,
  retention: Retention,
  now: number,
): Promise<readonly string[]> {
  const own = (await listBackups(folder)).filter(({ manifest }) => manifest.database.id === databaseId);
  const expired = chooseExpired(own, retention, now);
  for (const backup of expired) await removeBackup(folder, backup);
  await removeUnfinished(folder, now);
  return expired.map(({ manifest }) => manifest.name);
}
