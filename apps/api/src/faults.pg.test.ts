import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type LocalPostgres, startLocalPostgres } from '@lockstep/local-postgres';
import { parseVersionHeader, VERSION_HEADER } from '@lockstep/protocol';
import { createShapeServer, serve } from '@lockstep/shape-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { readEnv } from './env.ts';
import { createLog } from './log.ts';
import { type RunningApi, startApi } from './start.ts';
import { createClient, problemOf, signIn } from './testing/client.ts';
import { applyHistory, deploy, NEWEST } from './testing/history.ts';
import { addPeople, people, taskIds } from './testing/people.ts';

let directory: string;
let port: number;
let postgres: LocalPostgres | null;
const start = async () => {
  postgres = await startLocalPostgres({
    dataDir: join(directory, 'postgres'),
    port,
    persistent: true,
    settings: { fsync: 'off' },
  });
  return postgres;
};

let api: RunningApi;
let url: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lockstep-faults-'));
  await chmod(directory, 0o755);
  port = await freePort();
  url = (await start()).url();
  const env = readEnv({ DATABASE_URL: url, ELECTRIC_URL: `http://127.0.0.1:${await freePort()}`, PORT: '0' });
  api = await startApi(env, createLog('silent'));
});
afterAll(async () => {
  await api.close();
  await postgres?.stop();
});

describe('Postgres down', () => {
  it('is a 503 that says when to ask again, and recovers by itself', async () => {
    const database = openDatabase(url);
    await applyHistory(url);
    await addPeople(database);
    const ada = await signIn(api.url, people.ada);
    const versionOf = async () => {
      const header = (await ada.fetch('/api/electric/version')).headers.get(VERSION_HEADER);
      return parseVersionHeader(header ?? '')?.tag;
    };
    await expect.poll(versionOf, { timeout: 10_000 }).toBe(NEWEST.tag);
    await postgres?.stop();
    postgres = null;

    const title = (text: string) =>
      ada.write([
        { operation: 'update', table: 'tasks', key: { id: taskIds.first }, values: { title: text } },
      ]);
    const answers = await Promise.all([
      ada.fetch(`/api/shapes/tasks?columns=id&offset=-1&scope=${people.ada}`),
      ada.fetch('/api/shapes/live', { method: 'POST', body: '{}' }),
      title('While down'),
      ada.fetch('/api/session'),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(parseVersionHeader(answer.headers.get(VERSION_HEADER) ?? '')?.tag).toBe(NEWEST.tag);
    }
    const codes = answers.map(async (answer) => (await problemOf(answer)).code);
    expect(new Set(await Promise.all(codes))).toEqual(new Set(['POSTGRES_UNREACHABLE']));
    await expect
      .poll(async () => (await ada.fetch('/api/electric/version')).status, { timeout: 10_000 })
      .toBe(503);
    const health = await ada.fetch('/api/health');
    expect(health.status).toBe(503);
    expect(health.headers.get('retry-after')).toBe('2');
    expect(await health.json()).toMatchObject({
      status: 'degraded',
      postgres: 'unreachable',
      version: NEWEST.tag,
    });

    await start();
    await expect.poll(async () => (await title('Up again')).status, { timeout: 10_000 }).toBe(200);
    await deploy(database, '9000_meanwhile', 'ALTER TABLE tasks ADD COLUMN meanwhile text;');
    await expect.poll(versionOf, { timeout: 10_000 }).toBe('9000_meanwhile');
    await database.close();
  });

  it('does not keep the API from starting, nor from stopping', async () => {
    await postgres?.stop();
    postgres = null;
    const env = readEnv({ DATABASE_URL: url, ELECTRIC_URL: 'http://127.0.0.1:9', PORT: '0' });
    const early = await startApi(env, createLog('silent'));
    const client = createClient(early.url);
    expect((await client.fetch('/api/electric/version')).status).toBe(503);
    await start();
    await expect
      .poll(async () => (await client.fetch('/api/electric/version')).status, { timeout: 10_000 })
      .toBe(200);
    await early.close();
    await expect(client.fetch('/api/health')).rejects.toThrow('fetch failed');
  });
});

describe('stopping', () => {
  it('answers the live polls that wait', async () => {
    const shapeServer = await createShapeServer({ databaseUrl: url, longPollMs: 20_000 });
    const electric = await serve(shapeServer, { port: 0 });
    const env = readEnv({ DATABASE_URL: url, ELECTRIC_URL: electric.url, PORT: '0' });
    const stopping = await startApi(env, createLog('silent'));
    const ada = await signIn(stopping.url, people.ada);
    const query = `columns=id&scope=${people.ada}`;
    const snapshot = await ada.fetch(`/api/shapes/tasks?${query}&offset=now`);
    await snapshot.text();
    const { headers } = snapshot;
    const live = `${query}&offset=${headers.get('electric-offset')}&handle=${headers.get('electric-handle')}&live=true`;
    const round = ada.fetch('/api/shapes/live', {
      method: 'POST',
      body: JSON.stringify({ requests: [{ id: 't', shape: 'tasks', query: live }] }),
    });
    const single = ada.fetch(`/api/shapes/tasks?${live}`);
    await expect.poll(() => shapeServer.counters.liveRequests, { timeout: 10_000 }).toBe(1);
    const stoppedAt = performance.now();
    await stopping.close();
    expect(performance.now() - stoppedAt).toBeLessThan(2_000);
    expect(await (await round).text()).toBe('');
    expect((await single).status).toBe(503);
    await electric.close();
  });
});
