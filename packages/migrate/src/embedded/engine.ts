import { openPglite } from '../operate/open-pglite.ts';
import { pgliteVersion } from '../operate/pglite-version.ts';
import type { PgliteEngine } from './embedded-error.ts';

/** The Postgres in each PGlite, by its minor version. An instance has to be running to be asked. */
const POSTGRES_OF_PGLITE: Readonly<Record<string, PgliteEngine>> = {
  '0.5': { major: 18, catalogVersion: 202506291 },
};

/** What the installed PGlite can open, without starting it; null for a version that isn't known, or where it is bundled. */
export async function knownEngine(): Promise<PgliteEngine | null> {
  const version = await pgliteVersion();
  return version === null ? null : (POSTGRES_OF_PGLITE[version.split('.').slice(0, 2).join('.')] ?? null);
}

/** The same by asking a new instance in memory, which takes seconds: for telling why a directory didn't open. */
export async function askEngine(): Promise<PgliteEngine> {
  const { executor, close } = await openPglite(null);
  try {
    const [row] = await executor.query<{ major: number; catalog: number }>(
      `SELECT (current_setting('server_version_num')::int / 10000) AS major, catalog_version_no AS catalog
       FROM pg_control_system()`,
    );
    return { major: row?.major ?? 0, catalogVersion: row?.catalog ?? null };
  } finally {
    await close();
  }
}
