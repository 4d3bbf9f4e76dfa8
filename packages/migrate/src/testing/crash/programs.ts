import { defineMigration, type MigrationProgram } from '@lockstep/protocol';

/** The TypeScript migrations of the generated history, by tag: a process that is killed can't get them as data. */
export const CRASH_PROGRAMS: Readonly<Record<string, MigrationProgram>> = {
  '0004_program': defineMigration({
    id: 'crash-backfill',
    version: '1',
    description: 'Names every item, in batches that are recorded.',
    transaction: 'steps',
    async up(db) {
      await db.step('column', (tx) => tx.exec('ALTER TABLE items ADD COLUMN label text'));
      await db.backfill({ table: 'items', set: "label = 'item ' || id, visits = visits + 1", batchSize: 2 });
    },
  }),
};
