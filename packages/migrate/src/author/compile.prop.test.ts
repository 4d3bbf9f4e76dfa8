import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVERY_TYPE, everyTypeHistory } from '../testing/every-type.ts';
import { expectReplicaToFollow } from '../testing/follow-history.ts';
import { randomHistory } from '../testing/random-history.ts';
import { openReplayLab, type ReplayLab } from '../testing/replay-lab.ts';

let lab: ReplayLab;
beforeAll(async () => {
  lab = await openReplayLab();
});
afterAll(() => lab.close());

const history = fc
  .array(fc.record({ operation: fc.nat(), pick: fc.nat({ max: 1000 }), endsMigration: fc.boolean() }), {
    minLength: 8,
    maxLength: 16,
  })
  .map(randomHistory);

test('A8, A11 a replica follows any history: its structure, and the rows that the footprint does not name', async () => {
  let compared = 0;
  const kinds = new Set<string>();
  await fc.assert(
    fc.asyncProperty(history, async (files) => {
      const migrations = await lab.compile(files);
      for (const { kind } of migrations.flatMap(({ footprint }) => footprint)) kinds.add(kind);
      compared += await expectReplicaToFollow(lab, migrations);
    }),
    { seed: Number(process.env.LOCKSTEP_SEED ?? 7), numRuns: Number(process.env.LOCKSTEP_RUNS ?? 8) },
  );
  expect(compared).toBeGreaterThan(100);
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      'add-column',
      'alter-default',
      'alter-enum',
      'alter-key',
      'alter-type',
      'create-table',
      'drop-column',
      'drop-table',
      'rename-column',
      'rename-table',
      'write-rows',
    ]),
  );
});

test('control: a compiler that takes every default for the fill of old rows is caught', async () => {
  const files = [
    `CREATE TABLE "T" (id integer PRIMARY KEY); ALTER TABLE "T" ENABLE ELECTRIC;`,
    `ALTER TABLE "T" ADD n integer; ALTER TABLE "T" ALTER n SET DEFAULT 3;`,
  ];
  const migrations = await lab.compile(files);
  await expectReplicaToFollow(lab, migrations);
  const wrong = migrations.map((migration, index) =>
    index === 0
      ? migration
      : { ...migration, replica: { statements: ['ALTER TABLE "T" ADD n integer DEFAULT 3'], hash: '' } },
  );
  await expect(expectReplicaToFollow(lab, wrong)).rejects.toThrow('0001_step: T');
});

test('tables and types move between schemas, and swap names', async () => {
  const migrations = await lab.compile([
    `CREATE SCHEMA app; CREATE TYPE app.level AS ENUM ('a'); CREATE TABLE app.items (id int CONSTRAINT app_key PRIMARY KEY, level app.level);
     CREATE TABLE items (id int PRIMARY KEY, n int); CREATE INDEX by_n ON items (n);
     ALTER TABLE app.items ENABLE ELECTRIC; ALTER TABLE items ENABLE ELECTRIC;`,
    `ALTER TABLE items RENAME TO other; ALTER TABLE app.items SET SCHEMA public; ALTER TABLE other SET SCHEMA app;
     ALTER TYPE app.level SET SCHEMA public; ALTER TYPE level RENAME TO grade; ALTER INDEX app.by_n RENAME TO "by N";`,
    `ALTER TABLE app.other RENAME TO spare; ALTER TABLE items RENAME TO other; ALTER TABLE app.spare SET SCHEMA public;
     ALTER TABLE spare RENAME TO items; DROP SCHEMA app;`,
  ]);
  expect(migrations.map(({ footprint }) => footprint)).toEqual([
    [
      { kind: 'create-table', table: 'app.items' },
      { kind: 'create-table', table: 'items' },
    ],
    [
      { kind: 'alter-enum', type: 'app.level', added: [], removed: [] },
      { kind: 'rename-table', table: 'items', to: 'app.other' },
      { kind: 'rename-table', table: 'app.items', to: 'items' },
    ],
    [
      { kind: 'rename-table', table: 'app.other', to: 'items' },
      { kind: 'rename-table', table: 'items', to: 'other' },
    ],
  ]);
  expect(await expectReplicaToFollow(lab, migrations)).toBeGreaterThan(0);
});

test('A8 a replica has every type of the server, and fills old rows as the server did', async () => {
  const migrations = await lab.compile(everyTypeHistory());
  expect(await expectReplicaToFollow(lab, migrations)).toBe(2);
  const differing = (migrations[1]?.footprint ?? []).flatMap((change) =>
    change.kind === 'add-column' && change.rowsDiffer
      ? [EVERY_TYPE[Number(change.column.slice(1))]?.[0]]
      : [],
  );
  // A domain may have a default and checks of its own, which a replica lacks.
  expect(differing).toEqual(['positive', 'positive[]']);
});
