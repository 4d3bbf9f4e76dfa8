import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runMigrations } from '../../run/run-migrations.ts';
import { requireMigrated } from '../../run/run-options.ts';
import { openPostgres, type TestTarget } from '../../testing/databases.ts';
import { randomSchemaHistory } from '../../testing/random-schema.ts';
import { openReplayLab, type ReplayLab } from '../../testing/replay-lab.ts';
import {
  diffStructures,
  fingerprint,
  formatStructureDiff,
  kindOf,
  promisedStructure,
  readStructure,
  structureFor,
} from './index.ts';

const IS_LONG = process.env.LOCKSTEP_LONG === '1';
const RUNS = Number(process.env.LOCKSTEP_RUNS ?? (IS_LONG ? 200 : 6));

let lab: ReplayLab;
let postgres: TestTarget;
beforeAll(async () => {
  [lab, postgres] = await Promise.all([openReplayLab(), openPostgres()]);
});
afterAll(async () => {
  await lab.close();
  await postgres.close();
});

const history = fc
  .array(fc.record({ operation: fc.nat(), pick: fc.nat({ max: 1000 }), endsMigration: fc.boolean() }), {
    minLength: 20,
    maxLength: 45,
  })
  .map(randomSchemaHistory);

const EMPTY = `DO $$ DECLARE found name; BEGIN
  FOR found IN SELECT pubname FROM pg_publication LOOP EXECUTE format('DROP PUBLICATION %I', found); END LOOP;
END $$`;

async function emptyBoth(): Promise<void> {
  for (const executor of [lab.db, postgres.executor]) await executor.exec(EMPTY);
  await lab.reset();
  await lab.db.exec('DROP SCHEMA IF EXISTS lockstep CASCADE; DROP SCHEMA IF EXISTS drizzle CASCADE');
  await postgres.reset();
}

test('C4 random histories: the fingerprint on PGlite is that on Postgres, and every prefix migrates to head', {
  timeout: IS_LONG ? 3_600_000 : 180_000,
}, async () => {
  const kinds = new Set<string>();
  const counts = { histories: 0, migrations: 0, objects: 0 };
  await fc.assert(
    fc.asyncProperty(history, fc.nat(), async (files, cut) => {
      await emptyBoth();
      const migrations = await lab.compile(files);
      const promised = promisedStructure({ migrations }, null, 'server') ?? {};
      const prefix = migrations.slice(0, cut % (migrations.length + 1));

      await emptyBoth();
      for (const bundle of [{ migrations: prefix }, { migrations }])
        requireMigrated(await runMigrations(postgres.executor, bundle, { target: 'server' }));
      const onPostgres = await readStructure(postgres.executor);
      expect(formatStructureDiff(diffStructures(promised, onPostgres))).toBe('');
      expect(await fingerprint(onPostgres)).toBe(await fingerprint(promised));

      for (const bundle of [{ migrations: prefix }, { migrations }])
        requireMigrated(await runMigrations(lab.db, bundle, { target: 'embedded' }));
      const embedded = structureFor('embedded', await readStructure(lab.db));
      expect(await fingerprint(embedded)).toBe(await fingerprint(structureFor('embedded', promised)));

      for (const identity of Object.keys(promised)) kinds.add(kindOf(identity));
      counts.histories += 1;
      counts.migrations += migrations.length;
      counts.objects += Object.keys(promised).length;
    }),
    { seed: Number(process.env.LOCKSTEP_SEED ?? 11), numRuns: RUNS, endOnFailure: true },
  );
  if (IS_LONG) console.log(`Structures: ${JSON.stringify(counts)}`);
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      'column',
      'constraint',
      'function',
      'index',
      'policy',
      'sequence',
      'table',
      'trigger',
      'type',
      'view',
    ]),
  );
});

test('control: a difference in one definition is another fingerprint', async () => {
  await emptyBoth();
  await lab.db.exec('CREATE TABLE a (id integer PRIMARY KEY, n integer DEFAULT 1)');
  await postgres.executor.exec('CREATE TABLE a (id integer PRIMARY KEY, n integer DEFAULT 2)');
  const [onPglite, onPostgres] = [await readStructure(lab.db), await readStructure(postgres.executor)];
  expect(await fingerprint(onPglite)).not.toBe(await fingerprint(onPostgres));
});
