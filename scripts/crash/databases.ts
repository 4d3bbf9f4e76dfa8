import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { type Proxy, startProxy } from '@lockstep/electric-proxy';
import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import type { CrashDatabase } from './runner/options.ts';

/** Makes empty databases for runners. */
export interface CrashDatabases {
  make(): Promise<CrashDatabase>;
  close(): Promise<void>;
}

/** With a migrations proxy before each, as production has it, or straight. */
export function postgresDatabases(isProxied: boolean): CrashDatabases {
  const made: TestDatabase[] = [];
  const proxies: Proxy[] = [];
  return {
    async make() {
      const database = await createTestDatabase('crash');
      made.push(database);
      if (!isProxied) return { kind: 'postgres', url: database.url, directUrl: database.url };
      const proxy = await startProxy({ upstreamUrl: database.url, password: 'crash', port: 0 });
      proxies.push(proxy);
      return { kind: 'postgres', url: proxy.url(), directUrl: database.url };
    },
    async close() {
      for (const proxy of proxies) await proxy.close();
      for (const database of made) await database.drop();
    },
  };
}

/** Copies of one empty directory: making one takes seconds. */
export function pgliteDatabases(directory: string): CrashDatabases {
  mkdirSync(directory, { recursive: true });
  const empty = join(directory, 'empty');
  const making = PGlite.create(empty).then((db) => db.close());
  let count = 0;
  return {
    async make() {
      await making;
      count += 1;
      const copy = join(directory, `database-${count}`);
      cpSync(empty, copy, { recursive: true });
      return { kind: 'pglite', directory: copy };
    },
    close: () => making,
  };
}
