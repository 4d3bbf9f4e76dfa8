import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchPostgres, freePort, type OlderPostgres, startLocalPostgres } from '@lockstep/local-postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postgresExecutor } from '../../run/executor/postgres.ts';
import { connect } from '../../testing/connect.ts';
import { openPglite } from '../../testing/databases.ts';
import { EVERY_OBJECT } from '../../testing/every-object.ts';
import { diffStructures, fingerprint, formatStructureDiff, readStructure, type Structure } from './index.ts';

let folder: string;
let expected: Structure;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-versions-'));
  await chmod(folder, 0o755); // As root, the server runs as another user.
  const { executor, close } = await openPglite();
  await executor.exec(EVERY_OBJECT);
  expected = await readStructure(executor);
  await close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([15, 16, 17] satisfies OlderPostgres[])(
  'a structure with every kind of object is equal on PGlite and on Postgres %i',
  { timeout: 300_000 },
  async (version) => {
    // Kept from run to run: they are 60 MB.
    const binaries = await fetchPostgres(version, join(tmpdir(), 'lockstep-postgres'));
    const server = await startLocalPostgres({
      dataDir: join(folder, String(version)),
      port: await freePort(),
      persistent: false,
      binaries,
    });
    const client = await connect(server.url());
    try {
      const { rows } = await client.query('SHOW server_version_num');
      expect(Math.floor(Number(rows[0].server_version_num) / 10_000)).toBe(version);
      await client.query(EVERY_OBJECT);
      const actual = await readStructure(postgresExecutor(client));
      expect(formatStructureDiff(diffStructures(expected, actual))).toBe('');
      expect(await fingerprint(actual)).toBe(await fingerprint(expected));
    } finally {
      await client.end();
      await server.stop();
    }
  },
);
