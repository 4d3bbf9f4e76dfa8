import { createTestDatabase, freePort, type TestDatabase } from '@lockstep/local-postgres';
import { type Database, openDatabase } from '../database.ts';
import { readEnv } from '../env.ts';
import { createLog } from '../log.ts';
import { type RunningApi, startApi } from '../start.ts';

export interface TestApi {
  readonly url: string;
  readonly api: RunningApi;
  /** The database, beside the API. */
  readonly database: Database;
  readonly test: TestDatabase;
  /** Log lines so far, as JSON text. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

/** A whole API on a database of its own. Without `electricUrl` nothing listens where Electric should be. */
export async function startTestApi(
  options: {
    /** A database that is there already; it is dropped with the API all the same. */
    readonly test?: TestDatabase;
    readonly electricUrl?: string;
    readonly variables?: Readonly<Record<string, string>>;
  } = {},
): Promise<TestApi> {
  const test = options.test ?? (await createTestDatabase('api'));
  const database = openDatabase(test.url);
  const lines: string[] = [];
  const env = readEnv({
    DATABASE_URL: test.url,
    ELECTRIC_URL: options.electricUrl ?? `http://127.0.0.1:${await freePort()}`,
    PORT: '0',
    ...options.variables,
  });
  const api = await startApi(env, createLog('debug', { write: (line: string) => lines.push(line) }));
  return {
    url: api.url,
    api,
    database,
    test,
    log: lines,
    async close() {
      await api.close();
      await database.close();
      await test.drop();
    },
  };
}
