import { parseVersionHeader, VERSION_HEADER } from '@lockstep/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { createClient, problemOf } from '../testing/client.ts';
import { applyHistory, deploy, NEWEST } from '../testing/history.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const get = (path: string, init?: RequestInit) => createClient(api.url).fetch(path, init);
const json = async (path: string) => (await (await get(path)).json()) as { data: never };

describe('what is applied', () => {
  it('A1: an empty database has no version', async () => {
    const response = await get('/api/electric/version');
    expect(response.headers.get(VERSION_HEADER)).toBe('none');
    expect(await response.json()).toEqual({
      data: { version: null, index: -1, timestamp: null, totalMigrations: 0 },
    });
  });

  it('A1: announces what another process deploys, within about a second', async () => {
    await applyHistory(api.test.url);
    const deployedAt = performance.now();
    const { tag, index, when } = NEWEST;
    const expected = { version: tag, index, timestamp: when, totalMigrations: index + 1 };
    await expect.poll(() => json('/api/electric/version'), { timeout: 10_000 }).toEqual({ data: expected });
    expect(performance.now() - deployedAt).toBeLessThan(3_000);
  });

  it('A1: an API of the previous build announces a migration that was deployed after it started', async () => {
    await deploy(api.database, '9000_of_the_next_build', 'ALTER TABLE tasks ADD COLUMN weight integer;');
    await expect
      .poll(() => json('/api/electric/version'), { timeout: 10_000 })
      .toMatchObject({ data: { version: '9000_of_the_next_build', totalMigrations: NEWEST.index + 2 } });
    const { migrations } = (await json(`/api/electric/migrations?after=${NEWEST.tag}`)).data as {
      migrations: { tag: string; schema: { tables: { name: string; columns: { name: string }[] }[] } }[];
    };
    expect(migrations.map(({ tag }) => tag)).toEqual(['9000_of_the_next_build']);
    const tasks = migrations[0]?.schema.tables.find(({ name }) => name === 'tasks');
    expect(tasks?.columns.map(({ name }) => name)).toContain('weight');
  });

  it('serves the whole history, and nothing of it that is the server’s alone', async () => {
    const text = await (await get('/api/electric/migrations')).text();
    expect((JSON.parse(text) as { data: { migrations: unknown[] } }).data.migrations).toHaveLength(
      NEWEST.index + 2,
    );
    for (const word of ['sessions', '"server"', '"embedded"', '"down"']) expect(text).not.toContain(word);
  });

  it('does not know a migration that is not applied', async () => {
    const response = await get('/api/electric/migrations?after=9003_nope');
    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('A2: the client-visible schema is cacheable', async () => {
    const first = await get('/api/electric/schemas');
    const { data } = (await first.json()) as { data: { version: string; tables: { name: string }[] } };
    expect(data.version).toBe('9000_of_the_next_build');
    expect(data.tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['tasks', 'plans']));
    expect(data.tables.map(({ name }) => name)).not.toContain('sessions');
    const etag = first.headers.get('etag') as string;
    const again = await get('/api/electric/schemas', { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect(parseVersionHeader(again.headers.get(VERSION_HEADER) as string)?.tag).toBe(
      '9000_of_the_next_build',
    );
    await deploy(api.database, '9001_another', 'ALTER TABLE tasks ADD COLUMN another integer;');
    await expect
      .poll(async () => (await get('/api/electric/schemas', { headers: { 'if-none-match': etag } })).status, {
        timeout: 10_000,
      })
      .toBe(200);
  });

  it('carries the version on every response, errors included', async () => {
    const paths = ['/api/health', '/api/session/people', '/api/nowhere', '/api/shapes/tasks'];
    const versions = paths.map(async (path) => (await get(path)).headers.get(VERSION_HEADER));
    for (const version of await Promise.all(versions)) {
      expect(parseVersionHeader(version ?? '')?.tag).toBe('9001_another');
    }
  });
});
