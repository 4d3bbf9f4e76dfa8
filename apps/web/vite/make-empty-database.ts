import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';

/** Counts up when what is made below changes: what was kept of before is not used then. */
export const RECIPE = 1;

/** Switching this often leaves no segment that initdb has set aside. */
const WAL_SWITCHES = 8;

const WAL_SETTINGS = { min_wal_size: '2MB', wal_recycle: 'off', wal_init_zero: 'off' };

/**
 * The data directory of an empty database, as a gzipped tar. Beside what initdb makes it is light: the template
 * databases are gone, which are two more copies of everything and never used here, and the log is kept in small pieces.
 */
export async function makeEmptyDatabase(): Promise<Uint8Array> {
  const settings = Object.entries(WAL_SETTINGS);
  const db = await PGlite.create({
    initDbStartParams: ['--wal-segsize=1'],
    startParams: [
      ...PGlite.defaultStartParams,
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
  });
  try {
    await db.exec(`UPDATE pg_database SET datistemplate = false, datallowconn = true`);
    for (const template of ['template0', 'template1']) await db.exec(`DROP DATABASE ${template}`);
    for (const [name, value] of settings) await db.exec(`ALTER SYSTEM SET ${name} = '${value}'`);
    for (let count = 0; count < WAL_SWITCHES; count += 1) {
      await db.exec('SELECT pg_switch_wal()');
      await db.exec('CHECKPOINT');
    }
    const tar = await db.dumpDataDir('none');
    return await promisify(gzip)(new Uint8Array(await tar.arrayBuffer()), { level: 9 });
  } finally {
    await db.close();
  }
}
