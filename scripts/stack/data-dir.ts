import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const OTHERS_MAY_ENTER = 0o001;

/**
 * Where the embedded Postgres keeps its files: `.data/postgres` in the checkout. As root, Postgres runs as another
 * user, who can't get below a private folder: then a folder under the system's temporary one, named by the checkout.
 */
export function chooseDataDir(checkout: string): { readonly path: string; readonly reason: string | null } {
  const inCheckout = join(checkout, '.data', 'postgres');
  const closed = process.getuid?.() === 0 ? closedFolder(checkout) : null;
  if (closed === null) return { path: inCheckout, reason: null };
  const name = createHash('sha256').update(checkout).digest('hex').slice(0, 12);
  return {
    path: join(tmpdir(), `lockstep-${name}`, 'postgres'),
    reason: `Postgres can't run as root, and its own user may not enter ${closed}.`,
  };
}

/** The first folder on the way to `path` that other users may not enter, or null. */
function closedFolder(path: string): string | null {
  const parent = dirname(path);
  const above = parent === path ? null : closedFolder(parent);
  if (above !== null) return above;
  return (statSync(path).mode & OTHERS_MAY_ENTER) === 0 ? path : null;
}
