import type { LocalDatabase, SyncSettings } from '../../index.ts';
import { openLocalDatabase, watchQuery } from '../../index.ts';

/** Which worker: with every storage, without the origin private file system, or with a prepared empty database. */
export type StorageKind = 'any' | 'idb' | 'prepared';

const WORKERS: Readonly<Record<StorageKind, () => Worker>> = {
  any: () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
  idb: () => new Worker(new URL('./idb-worker.ts', import.meta.url), { type: 'module' }),
  prepared: () => new Worker(new URL('./prepared-worker.ts', import.meta.url), { type: 'module' }),
};

/** What the test drives in a tab. */
export interface TabApi {
  database: LocalDatabase | null;
  rows: readonly unknown[];
  errors: string[];
  migrated: string[];
  open(settings: SyncSettings, storage: StorageKind, stallMs?: number): Promise<void>;
}

const api: TabApi = {
  database: null,
  rows: [],
  errors: [],
  migrated: [],
  async open(settings, storage, stallMs) {
    const database = await openLocalDatabase({
      worker: WORKERS[storage],
      name: `tabs ${storage}`,
      settings: { ...settings, apiUrl: location.origin },
      ...(stallMs === undefined ? {} : { stallMs }),
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
