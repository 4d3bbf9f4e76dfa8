import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { closedFolder } from '@lockstep/local-postgres';

/** A state folder is root's alone to write, and outlives a restart of the machine. */
const STATE_FOLDER = '/var/lib/lockstep';

/**
 * Where the embedded Postgres keeps its files: `.data/postgres` in the checkout. As root, Postgres runs as another
 * user, who can't get below a private folder: then in the system's state folder, in one named by the checkout.
 */
export function chooseDataDir(checkout: string): { readonly path: string; readonly reason: string | null } {
  const inCheckout = join(checkout, '.data', 'postgres');
  const closed = process.getuid?.() === 0 ? closedFolder(checkout) : null;
  if (closed === null) return { path: inCheckout, reason: null };
  const name = createHash('sha256').update(checkout).digest('hex').slice(0, 12);
  return {
    path: join(STATE_FOLDER, name, 'postgres'),
    reason: `Postgres can't run as root, and its own user may not enter ${closed}.`,
  };
}
