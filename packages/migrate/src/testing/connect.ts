import pg from 'pg';

/** A connection of one's own. The caller ends it. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // A test may cut it off: that is no failure of the test.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
