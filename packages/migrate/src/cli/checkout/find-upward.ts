import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The first of these files in a folder or one above it; null for none. */
export function findUpward(folder: string, names: readonly string[]): string | null {
  for (let current = resolve(folder); ; current = dirname(current)) {
    const found = names.map((name) => resolve(current, name)).find((file) => existsSync(file));
    if (found !== undefined) return found;
    if (dirname(current) === current) return null;
  }
}
