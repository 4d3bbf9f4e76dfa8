import type { LocalDatabase, SyncSettings } from '../../index.ts';
import { openLocalDatabase, watchQuery } from '../../index.ts';

/** What the test drives in a tab. */
export interface TabApi {
  database: LocalDatabase | null;
  rows: readonly unknown[];
  errors: string[];
  migrated: string[];
  open(settings: SyncSettings, storage: 'any' | 'idb'): Promise<void>;
}

const api: TabApi = {
  database: null,
  rows: [],
  errors: [],
  migrated: [],
  async open(settings, storage) {
    const database = await openLocalDatabase({
      worker: () =>
        storage === 'idb'
          ? new Worker(new URL('./idb-worker.ts', import.meta.url), { type: 'module' })
          : new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
      name: `tabs ${storage}`,
      settings: { ...settings, apiUrl: location.origin },
      hooks: {
        onError: (error) => api.errors.push(`${error.code}: ${error.message}`),
        onMigrated: (report) => api.migrated.push(report.to),
      },
    });
    api.database = database;
    watchQuery({
      database,
      sql: 'SELECT * FROM items ORDER BY id',
      onResult: (rows) => {
        api.rows = rows;
      },
      onError: (error) => api.errors.push(error.message),
    });
  },
};

Object.assign(globalThis, { tab: api });
