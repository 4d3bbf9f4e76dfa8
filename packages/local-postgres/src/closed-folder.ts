import { statSync } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS_MAY_ENTER = 0o001;

/** The first folder on the way to `path`, itself included, that other users may not enter, or null. */
export function closedFolder(path: string): string | null {
  const parent = dirname(path);
  const above = parent === path ? null : closedFolder(parent);
  if (above !== null) return above;
  return (statSync(path).mode & OTHERS_MAY_ENTER) === 0 ? path : null;
}
