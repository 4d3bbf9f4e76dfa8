import { createTestDatabase } from '@lockstep/local-postgres';
import pg from 'pg';
import { expect, it } from 'vitest';
import { testBundle } from '../../testing/bundle.ts';
import { rehearsalConformance } from '../../testing/rehearsal-conformance.ts';
import { withConnection } from '../with-database.ts';
import { rehearse } from './rehearse.ts';

/** Without the pool of `createTestDatabase`, whose connections would keep the database from being a template. */
rehearsalConformance('a Postgres', async () => {
  const database = await createTestDatabase('rehearsal');
  const admin = process.env.LOCKSTEP_TEST_POSTGRES_URL ?? '';
  return {
    target: { kind: 'server', url: database.url },
    within: (body) => withConnection(database.url, ({ executor }) => body(executor)),
    copies: () =>
      withConnection(admin, async ({ executor }) => {
        const rows = await executor.query<{ name: string }>(
          "SELECT datname AS name FROM pg_database WHERE datname LIKE 'lockstep\\_rehearsal%'",
        );
        return rows.map(({ name }) => name);
      }),
    close: () => database.drop(),
  };
});

it('C11: with others connected and no pg_dump for the server, says what is in the way', async () => {
  const database = await createTestDatabase('rehearsal_busy');
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  try {
    const bundle = testBundle([{ tag: '0000_items', statements: ['CREATE TABLE items (id int)'] }]);
    const target = { kind: 'server' as const, url: database.url, pgBin: '/nowhere' };
    await expect(rehearse(target, bundle)).rejects.toMatchObject({
      code: 'REHEARSAL_IMPOSSIBLE',
      message: expect.stringMatching(/being accessed by other users.*no pg_dump/),
    });
  } finally {
    await other.end();
    await database.drop();
  }
});
