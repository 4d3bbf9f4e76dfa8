import { defineConfig } from '@lockstep/migrate/node';
import { serverOnlyTables, shapes } from '@org/core';

export default defineConfig({
  migrations: './drizzle',
  bundle: './packages/core/src/migrations',
  // The demo's rows: for databases of this machine only.
  seed: './scripts/seed/seed.ts',
  synced: Object.values(shapes).map(({ table }) => table),
  serverOnly: [...serverOnlyTables],
});
