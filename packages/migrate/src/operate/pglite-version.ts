import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The installed PGlite's version, without starting it; null where it is bundled into something else. */
export async function pgliteVersion(): Promise<string | null> {
  try {
    const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
    const text = await readFile(join(dirname(main), '..', 'package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return null;
  }
}
