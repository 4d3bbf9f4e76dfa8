import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createTestDatabase } from '@lockstep/local-postgres';
import { VERSION_HEADER } from '@lockstep/protocol';
import { createShapeServer, type ListeningServer, serve } from '@lockstep/shape-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from './testing/api.ts';
import { createClient, problemOf, signIn, type TestClient } from './testing/client.ts';
import { applyHistory, deploy, NEWEST } from './testing/history.ts';
import { addPeople, people, taskIds } from './testing/people.ts';

let api: TestApi;
let electric: ListeningServer;
let webDist: string;
beforeAll(async () => {
  webDist = await mkdtemp(join(tmpdir(), 'lockstep-web-'));
  await mkdir(join(webDist, 'assets'));
  await writeFile(join(webDist, 'index.html'), '<!doctype html><title>App</title>');
  await writeFile(join(webDist, 'sw.js'), '// worker');
  await writeFile(join(webDist, 'assets', 'pglite-abc123.data'), 'data '.repeat(1_000));
  await writeFile(join(webDist, 'assets', 'index-abc123.js'), `// ${'code '.repeat(1_000)}`);
  const test = await createTestDatabase('api');
  electric = await serve(await createShapeServer({ databaseUrl: test.url, longPollMs: 1_500 }), { port: 0 });
  api = await startTestApi({
    test,
    electricUrl: electric.url,
    variables: { WEB_DIST: webDist, WEB_ORIGINS: 'https://app.example' },
  });
  await applyHistory(api.test.url);
  await addPeople(api.database);
});
afterAll(async () => {
  await electric.close();
  await api.close();
  await rm(webDist, { recursive: true });
});

const TASKS = `columns="id","title"&version=${NEWEST.tag}&offset=-1`;
const tasksOf = async (client: TestClient, scope: string) => {
  const response = await client.fetch(`/api/shapes/tasks?${TASKS}&scope=${scope}`);
  if (response.status !== 200) return response;
  const messages = (await response.json()) as { value?: { id: string; title: string } }[];
  return messages.flatMap(({ value }) => (value === undefined ? [] : [value.title]));
};

describe('two identities', () => {
  it('have each their own rows, and never each other’s', async () => {
    const ada = await signIn(api.url, people.ada);
    const cleo = await signIn(api.url, people.cleo);
    expect(await tasksOf(ada, people.ada)).toEqual(['Of the first']);
    expect(await tasksOf(cleo, people.cleo)).toEqual(['Of the second']);
    const stolen = (await tasksOf(cleo, people.ada)) as Response;
    expect(stolen.status).toBe(403);
    expect(await problemOf(stolen)).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('see at once that a membership ended: the shape is another', async () => {
    const bo = await signIn(api.url, people.bo);
    expect(await tasksOf(bo, people.bo)).toEqual(['Of the first']);
    await api.test.query('DELETE FROM members WHERE user_id = $1', [people.bo]);
    expect(await tasksOf(bo, people.bo)).toEqual([]);
  });
});

describe('a write', () => {
  it('comes back in the shape with the transaction’s id', async () => {
    const ada = await signIn(api.url, people.ada);
    const path = `/api/shapes/tasks?columns="id","title"&scope=${people.ada}`;
    const snapshot = await ada.fetch(`${path}&offset=now`);
    const { headers } = snapshot;
    await snapshot.text();
    const live = `offset=${headers.get('electric-offset')}&handle=${headers.get('electric-handle')}&live=true`;
    const round = ada.fetch('/api/shapes/live', {
      method: 'POST',
      body: JSON.stringify({
        requests: [{ id: 't', shape: 'tasks', query: `${path.split('?')[1]}&${live}` }],
      }),
    });
    const write = await ada.write([
      { operation: 'update', table: 'tasks', key: { id: taskIds.first }, values: { title: 'Seen again' } },
    ]);
    const { data } = (await write.json()) as { data: { txid: number } };
    const text = await (await round).text();
    expect(text).toContain('Seen again');
    expect(text).toContain(`"txids":[${data.txid}]`);
  });
});

describe('shapes over HTTP', () => {
  it('are compressed for who can read that, and private', async () => {
    const ada = await signIn(api.url, people.ada);
    const response = await ada.fetch(`/api/shapes/tasks?${TASKS}&scope=${people.ada}`);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('vary')).toMatch(/authorization/);
    const shared = await ada.fetch(`/api/shapes/plans?columns="id","name"&version=${NEWEST.tag}&offset=-1`);
    expect(shared.headers.get('cache-control')).toMatch(/^public/);
    const etag = shared.headers.get('etag') as string;
    await shared.text();
    const again = await ada.fetch(`/api/shapes/plans?columns="id","name"&version=${NEWEST.tag}&offset=-1`, {
      headers: { 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
  });

  it('A5: keep serving a page of an older version its columns while they are there', async () => {
    const ada = await signIn(api.url, people.ada);
    await deploy(api.database, '9000_rename', 'ALTER TABLE tasks RENAME COLUMN title TO name;');
    await expect
      .poll(async () => ((await tasksOf(ada, people.ada)) as Response).status, { timeout: 10_000 })
      .toBe(400);
    const problem = await problemOf((await tasksOf(ada, people.ada)) as Response);
    expect(problem).toMatchObject({ code: 'UNKNOWN_COLUMN', details: { columns: ['title'] } });
    const both = await ada.fetch(`/api/shapes/tasks?columns="id","status"&scope=${people.ada}&offset=-1`);
    expect(both.status).toBe(200);
  });
});

describe('a page of another origin', () => {
  it('may read the headers that it needs, if it is a known one', async () => {
    const get = (origin: string) =>
      createClient(api.url).fetch('/api/electric/version', { headers: { origin } });
    const known = await get('https://app.example');
    expect(known.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(known.headers.get('access-control-expose-headers')).toContain(VERSION_HEADER);
    expect((await get('https://evil.example')).headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('the built web app', () => {
  const get = (path: string, accept = '*/*') => createClient(api.url).fetch(path, { headers: { accept } });

  it('is asked for again each time, but for what has a hash in its name', async () => {
    for (const path of ['/', '/sw.js'])
      expect((await get(path)).headers.get('cache-control')).toBe('no-cache');
    const asset = await get('/assets/index-abc123.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-encoding')).toBe('gzip');
    expect(asset.headers.get('content-type')).toMatch(/javascript/);
    expect((await get('/assets/pglite-abc123.data')).headers.get('content-encoding')).toBe('gzip');
  });

  it('sends what the build has compressed as it is', async () => {
    await writeFile(join(webDist, 'assets', 'packed-1.js'), '// as it was built');
    await writeFile(join(webDist, 'assets', 'packed-1.js.gz'), gzipSync('// as it was compressed'));
    const response = await get('/assets/packed-1.js');
    expect(await response.text()).toBe('// as it was compressed');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it('is one page at every address of the app, and no page where a file is missing', async () => {
    const page = await get('/tasks/12', 'text/html');
    expect(await page.text()).toContain('<title>App</title>');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect((await get('/assets/gone-1.js', 'text/html')).status).toBe(404);
    expect((await get('/api/nowhere', 'text/html')).status).toBe(404);
    expect((await get('/..%2f..%2fetc/passwd')).status).toBe(404);
  });

  it('runs its own scripts only', async () => {
    const { headers } = await get('/');
    expect(headers.get('content-security-policy')).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('health', () => {
  it('is ok when all is', async () => {
    const response = await createClient(api.url).fetch('/api/health');
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({ status: 'ok', postgres: 'ok', electric: 'ok' });
  });

  it('is degraded without Electric', async () => {
    await electric.close();
    const response = await createClient(api.url).fetch('/api/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'degraded', electric: 'unreachable' });
    const ada = await signIn(api.url, people.ada);
    const shape = await ada.fetch(`/api/shapes/plans?columns=id&offset=-1`);
    expect(await problemOf(shape)).toMatchObject({ status: 503, code: 'ELECTRIC_UNREACHABLE' });
  });
});
