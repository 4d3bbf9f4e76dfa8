import { defineConfig } from '@lockstep/migrate/node';
import { serverOnlyTables, shapes } from '@org/core';

export default defineConfig({
  migrations: './drizzle',
  bundle: './packages/core/src/migrations',
  // The demo's rows: for databases of this machine only.
  seed: './scripts/seed/seed.ts',
  synced: Object.values(shapes).map(({ table }) => table),
  serverOnly: [...serverOnlyTables],
  lint: {
    // Users and workspaces are hardly ever deleted: an index on each column that refers to them would cost more.
    rules: { 'foreign-key-index': 'off' },
    ignore: ['add-foreign-key', 'work-under-lock'].map((rule) => ({
      rule,
      migration: '0003_plans',
      reason: 'Written before there was anything to lint; workspaces are few.',
    })),
  },
});
