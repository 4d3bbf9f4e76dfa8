import type { LocalDatabase } from '@lockstep/sync';
import { useLocalDatabase } from '@lockstep/sync/react';
import { PgDatabase, PgDialect } from 'drizzle-orm/pg-core';
import { type PgliteQueryResultHKT, PgliteSession } from 'drizzle-orm/pglite/session';

/** Drizzle over the local database: for reading. What a person changes goes through the API. */
export type ReadDatabase = PgDatabase<PgliteQueryResultHKT>;

const dialect = new PgDialect();
const cache = new WeakMap<LocalDatabase, ReadDatabase>();

/**
 * Drizzle's session over the page's connection. `drizzle-orm/pglite` itself would bring a second PGlite into the page
 * beside the one in the worker.
 */
export function drizzleOver(database: LocalDatabase): ReadDatabase {
  const known = cache.get(database);
  if (known !== undefined) return known;
  const session = new PgliteSession(database.db as never, dialect, undefined);
  const made: ReadDatabase = new PgDatabase(dialect, session as never, undefined);
  cache.set(database, made);
  return made;
}

export function useDb(): ReadDatabase {
  return drizzleOver(useLocalDatabase());
}
