import { parseVersionHeader, VERSION_HEADER } from '@lockstep/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { createClient, problemOf } from '../testing/client.ts';
import { applyHistory, deploy } from '../testing/history.ts';

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
    await applyHistory(api.database);
    const deployedAt = performance.now();
    const expected = {
      version: '0005_due_dates',
      index: 5,
      timestamp: 1_767_432_000_000,
      totalMigrations: 6,
    };
    await expect.poll(() => json('/api/electric/version')).toEqual({ data: expected });
    expect(performance.now() - deployedAt).toBeLessThan(2_000);
  });

  it('A1: an API of the previous build announces a migration that was deployed after it started', async () => {
    await deploy(api.database, '0006_of_the_next_build', 'ALTER TABLE tasks ADD COLUMN estimate integer;');
    await expect
      .poll(() => json('/api/electric/version'))
      .toMatchObject({ data: { version: '0006_of_the_next_build', totalMigrations: 7 } });
    const { migrations } = (await json('/api/electric/migrations?after=0005_due_dates')).data as {
      migrations: { tag: string; schema: { tables: { name: string; columns: { name: string }[] }[] } }[];
    };
    expect(migrations.map(({ tag }) => tag)).toEqual(['0006_of_the_next_build']);
    const tasks = migrations[0]?.schema.tables.find(({ name }) => name === 'tasks');
    expect(tasks?.columns.map(({ name }) => name)).toContain('estimate');
  });

  it('serves the whole history, and nothing of it that is the server’s alone', async () => {
    const text = await (await get('/api/electric/migrations')).text();
    expect((JSON.parse(text) as { data: { migrations: unknown[] } }).data.migrations).toHaveLength(7);
    for (const word of ['sessions', '"server"', '"embedded"', '"down"']) expect(text).not.toContain(word);
  });

  it('does not know a migration that is not applied', async () => {
    const response = await get('/api/electric/migrations?after=0009_nope');
    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('A2: the client-visible schema is cacheable', async () => {
    const first = await get('/api/electric/schemas');
    const { data } = (await first.json()) as { data: { version: string; tables: { name: string }[] } };
    expect(data.version).toBe('0006_of_the_next_build');
    expect(data.tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['tasks', 'plans']));
    expect(data.tables.map(({ name }) => name)).not.toContain('sessions');
    const etag = first.headers.get('etag') as string;
    const again = await get('/api/electric/schemas', { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect(parseVersionHeader(again.headers.get(VERSION_HEADER) as string)?.tag).toBe(
      '0006_of_the_next_build',
    );
    await deploy(api.database, '0007_another', 'ALTER TABLE tasks ADD COLUMN another integer;');
    await expect
      .poll(async () => (await get('/api/electric/schemas', { headers: { 'if-none-match': etag } })).status)
      .toBe(200);
  });

  it('carries the version on every response, errors included', async () => {
    const paths = ['/api/health', '/api/session/people', '/api/nowhere', '/api/shapes/tasks'];
    const versions = paths.map(async (path) => (await get(path)).headers.get(VERSION_HEADER));
    for (const version of await Promise.all(versions)) {
      expect(parseVersionHeader(version ?? '')?.tag).toBe('0007_another');
    }
  });
});
