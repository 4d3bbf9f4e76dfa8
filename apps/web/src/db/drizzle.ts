import type { LocalDatabase } from '@lockstep/sync';
import { useLocalDatabase } from '@lockstep/sync/react';
import { drizzle, type PgRemoteDatabase } from 'drizzle-orm/pg-proxy';

/** Drizzle over the local database: for reading. What a person changes goes through the API. */
export type ReadDatabase = PgRemoteDatabase;

/** OIDs of types that Drizzle reads from text itself: timestamps, dates, intervals and their arrays, numeric arrays. */
const TEXT_TYPES = [1082, 1114, 1115, 1182, 1184, 1185, 1186, 1187, 1231];
const parsers = Object.fromEntries(TEXT_TYPES.map((oid) => [oid, (text: string) => text]));

const made = new WeakMap<LocalDatabase, ReadDatabase>();

/**
 * Drizzle's remote driver, the database in the worker being the remote. `drizzle-orm/pglite` would bring a second,
 * idle PGlite into the page, 350 kB of it.
 */
export function drizzleOver(database: LocalDatabase): ReadDatabase {
  const known = made.get(database);
  if (known !== undefined) return known;
  const db = drizzle(async (sql, params, method) => {
    const rowMode = method === 'all' ? 'array' : 'object';
    return { rows: (await database.db.query<never>(sql, params, { rowMode, parsers })).rows };
  });
  made.set(database, db);
  return db;
}

export function useDb(): ReadDatabase {
  return drizzleOver(useLocalDatabase());
}
