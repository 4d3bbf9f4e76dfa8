import { defineConfig } from '@lockstep/migrate/node';
import { serverOnlyTables, shapes } from '@org/core';

export default defineConfig({
  migrations: './drizzle',
  bundle: './packages/core/src/migrations',
  synced: Object.values(shapes).map(({ table }) => table),
  serverOnly: [...serverOnlyTables],
});
