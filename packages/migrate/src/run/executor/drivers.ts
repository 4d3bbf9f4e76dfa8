/**
 * What is used of the drivers, by shape: who has only one of them installed needs the types of that one only. Drivers
 * write `any` where a caller decides; so do these.
 */

/** A PGlite: an instance, or one in a worker. */
export interface PgliteDatabase {
  query<Row>(sql: string, params?: unknown[], options?: object): Promise<{ rows: Row[] }>;
  exec(sql: string): Promise<unknown>;
  transaction<T>(body: (tx: PgliteTransaction) => Promise<T>): Promise<T>;
}

export type PgliteTransaction = Pick<PgliteDatabase, 'query' | 'exec'>;

/** A connected client of node-postgres, or one of its pool. */
export interface PostgresClient {
  query(sql: string): Promise<{ readonly command: string }>;
  query(config: PostgresQuery): Promise<{ readonly rows: object[] }>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

export interface PostgresQuery {
  readonly text: string;
  values: (string | null)[];
  /** Said so that no parameter makes it a simple query. */
  queryMode: 'extended';
}

/** A pool of node-postgres. */
export interface PostgresPool {
  connect(): Promise<PostgresClient & { release(error?: Error | boolean): void }>;
  readonly totalCount: number;
}
