import { connectPostgres, type PostgresConnection } from './connect-postgres.ts';

/** The same server, another database. */
export function urlOfDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  return other.href;
}

/** The database that a URL names. */
export function databaseOf(url: string): string {
  const { pathname, username } = new URL(url);
  return decodeURIComponent(pathname.slice(1)) || decodeURIComponent(username);
}

/** Runs on a connection of its own, which ends with it. */
export async function withConnection<T>(
  url: string,
  body: (connection: PostgresConnection) => Promise<T>,
): Promise<T> {
  const connection = await connectPostgres(url);
  try {
    return await body(connection);
  } finally {
    await connection.close();
  }
}
