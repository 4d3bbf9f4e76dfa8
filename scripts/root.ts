import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root: every path of the scripts starts here, wherever they are called from. */
export const ROOT = resolve(fileURLToPath(import.meta.url), '../..');

export function fromRoot(...parts: string[]): string {
  return resolve(ROOT, ...parts);
}
