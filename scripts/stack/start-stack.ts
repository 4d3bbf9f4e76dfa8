import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Proxy, startProxy } from '@lockstep/electric-proxy';
import { type LocalPostgres, startLocalPostgres } from '@lockstep/local-postgres';
import type { MigrationBundle } from '@lockstep/protocol';
import { ROOT } from '../root.ts';
import { seed } from '../seed/seed.ts';
import { type ApiProcess, type ApiStart, startApi } from './api.ts';
import { applyThroughProxy } from './apply.ts';
import { chooseDataDir } from './data-dir.ts';
import { explainBusyPort } from './port.ts';
import type { StackSettings } from './settings.ts';
import { startEmbeddedElectric } from './shape-server.ts';
import { startWeb } from './web.ts';

const DATABASE = 'lockstep';

export interface StackOptions {
  readonly settings: StackSettings;
  readonly bundle: MigrationBundle;
  /** Where the embedded Postgres keeps its files; chosen by the checkout when absent. */
  readonly dataDir?: string;
  readonly api: ApiStart;
  /** `dev`: Vite's development server. `none`: the API serves a built web app, or nobody does. */
  readonly web: 'dev' | 'none';
  readonly onLine?: (line: string) => void;
}

/** What runs, from the ground up, and where. */
export interface Stack {
  readonly databaseUrl: string;
  readonly proxyUrl: string;
  readonly electricUrl: string;
  readonly apiUrl: string;
  readonly webUrl: string | null;
  /** What was done on the way, for the reader: migrations applied, rows seeded, data elsewhere. */
  readonly notes: readonly string[];
  readonly api: ApiProcess;
  /** Stops everything that this start started, last first. */
  stop(): Promise<void>;
}

/** Starts the embedded parts that the settings don't replace. What started is stopped again when a later part fails. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) await next();
  };
  try {
    return { ...(await startParts(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  options: StackOptions,
  stops: (() => Promise<void>)[],
): Promise<Omit<Stack, 'stop'>> {
  const { settings } = options;
  const notes: string[] = [];
  const databaseUrl = settings.databaseUrl ?? (await startDatabase(options, stops, notes));
  const proxy = await startMigrationsProxy(settings, databaseUrl);
  stops.push(() => proxy.close());
  const applied = await applyThroughProxy(proxy.url(), options.bundle);
  if (applied.length > 0) notes.push(`${applied.length} migrations applied through the proxy.`);
  const seeded = await seed(databaseUrl);
  if (seeded > 0) notes.push(`${seeded} tasks seeded.`);
  const electric =
    settings.electricUrl === null ? await startEmbeddedElectric(databaseUrl, settings.ports.electric) : null;
  if (electric !== null) stops.push(electric.stop);
  const electricUrl = settings.electricUrl ?? (electric?.url as string);
  const api = await startApi(options.api, { databaseUrl, electricUrl, port: settings.ports.api });
  stops.push(api.stop);
  const web = options.web === 'dev' ? await startWeb(settings.ports.web, api.url) : null;
  if (web !== null) stops.push(web.stop);
  return {
    databaseUrl,
    proxyUrl: proxy.url(),
    electricUrl,
    apiUrl: api.url,
    webUrl: web?.url ?? null,
    notes,
    api,
  };
}

async function startDatabase(
  options: StackOptions,
  stops: (() => Promise<void>)[],
  notes: string[],
): Promise<string> {
  const chosen = chooseDataDir(ROOT);
  const dataDir = options.dataDir ?? chosen.path;
  if (options.dataDir === undefined && chosen.reason !== null)
    notes.push(`${chosen.reason} Data: ${dataDir}`);
  await mkdir(dirname(dataDir), { recursive: true });
  await chmod(dirname(dataDir), 0o755);
  const postgres: LocalPostgres = await explainBusyPort(
    { part: 'Postgres', port: options.settings.ports.postgres, variable: 'POSTGRES_PORT' },
    () =>
      startLocalPostgres({
        dataDir,
        port: options.settings.ports.postgres,
        persistent: true,
        ...(options.onLine ? { onLog: options.onLine } : {}),
      }),
  );
  stops.push(() => postgres.stop());
  await postgres.ensureDatabase(DATABASE);
  return postgres.url(DATABASE);
}

function startMigrationsProxy(settings: StackSettings, upstreamUrl: string): Promise<Proxy> {
  return explainBusyPort(
    { part: 'The migrations proxy', port: settings.ports.proxy, variable: 'PG_PROXY_PORT' },
    () => startProxy({ upstreamUrl, password: settings.proxyPassword, port: settings.ports.proxy }),
  );
}
