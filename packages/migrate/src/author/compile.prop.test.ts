import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
