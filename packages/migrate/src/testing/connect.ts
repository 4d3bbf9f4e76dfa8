import pg from 'pg';

/** A connection of one's own. The caller ends it. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // Some tests let the server end a connection; the query under way says so.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
