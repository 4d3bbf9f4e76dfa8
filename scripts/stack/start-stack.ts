import { startProxy } from '@lockstep/electric-proxy';
import { isLoopbackHost, type LockstepError, type MigrationBundle } from '@lockstep/protocol';
import { ROOT } from '../root.ts';
import { seedDatabase } from '../seed/seed-database.ts';
import { type ApiProcess, type ApiStart, startApi } from './api.ts';
import { applyThroughProxy } from './apply.ts';
import { chooseDataDir } from './data-dir.ts';
import { requireElectric } from './electric.ts';
import { applyWhenOfThisBranch } from './other-branch.ts';
import { explainBusyPort, portOwners, requireFreePorts } from './port.ts';
import { startEmbeddedPostgres } from './postgres.ts';
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
  /** How long a port may stay busy, in milliseconds: what a crashed run left goes by itself. */
  readonly portPatienceMs?: number;
  /** When it aborts, the start ends after the part that it is at, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told when another branch migrated the database: the start waits until that is mended. Without it the start fails. */
  readonly onOtherBranch?: (
    error: LockstepError,
    urls: { readonly database: string; readonly proxy: string },
  ) => Promise<void>;
  /** Gets what the API prints once it runs: warnings, and why it stopped. */
  readonly onApiOutput?: (text: string) => void;
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
  /** Resolves when the embedded Postgres has ended, whoever ended it; null when there is none. */
  readonly postgresEnded: Promise<void> | null;
  /** Stops everything that this start started, last first. */
  stop(): Promise<void>;
}

/** Starts the embedded parts that the settings don't replace. What started is stopped again when a later part fails. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stops: (() => Promise<void>)[] = [];
  const stop = () => stopAll(stops);
  try {
    return { ...(await startParts(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Last first. A part that fails to stop keeps no other running; its error is thrown at the end. */
async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (let next = stops.pop(); next !== undefined; next = stops.pop()) {
    await next().catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

async function startParts(
  options: StackOptions,
  stops: (() => Promise<void>)[],
): Promise<Omit<Stack, 'stop'>> {
  const { settings, signal } = options;
  const owners = portOwners(settings);
  await requireFreePorts(portsAhead(options), options.portPatienceMs ?? 0);
  const notes: string[] = [];
  const postgres = settings.databaseUrl === null ? await startDatabase(options, stops, notes) : null;
  const databaseUrl = settings.databaseUrl ?? (postgres?.url as string);
  signal?.throwIfAborted();
  const proxy = await explainBusyPort(owners.proxy, () =>
    startProxy({ upstreamUrl: databaseUrl, password: settings.proxyPassword, port: owners.proxy.port }),
  );
  stops.push(() => proxy.close());
  const applied = await applyOwn(options, databaseUrl, proxy.url());
  if (applied.length > 0) notes.push(`${applied.length} migrations applied through the proxy.`);
  signal?.throwIfAborted();
  notes.push(...(await seedOwn(databaseUrl)));
  signal?.throwIfAborted();
  const electricUrl = await startElectric(settings, databaseUrl, stops);
  signal?.throwIfAborted();
  const api = await explainBusyPort(owners.api, () =>
    startApi(options.api, {
      databaseUrl,
      electricUrl,
      port: owners.api.port,
      ...(options.onApiOutput ? { onOutput: options.onApiOutput } : {}),
    }),
  );
  stops.push(api.stop);
  signal?.throwIfAborted();
  const web =
    options.web === 'dev'
      ? await explainBusyPort(owners.web, () => startWeb(owners.web.port, api.url))
      : null;
  if (web !== null) stops.push(web.stop);
  signal?.throwIfAborted();
  return {
    databaseUrl,
    proxyUrl: proxy.url(),
    electricUrl,
    apiUrl: api.url,
    webUrl: web?.url ?? null,
    notes,
    api,
    postgresEnded: postgres?.ended ?? null,
  };
}

/** A database that others may use is refused as everywhere; one of this machine is waited for. */
function applyOwn(options: StackOptions, databaseUrl: string, proxyUrl: string): Promise<readonly string[]> {
  const { bundle, signal, onOtherBranch } = options;
  if (onOtherBranch === undefined || !isLoopbackHost(new URL(databaseUrl).hostname))
    return applyThroughProxy(proxyUrl, bundle);
  return applyWhenOfThisBranch(proxyUrl, bundle, {
    signal,
    onOtherBranch: (error) => onOtherBranch(error, { database: databaseUrl, proxy: proxyUrl }),
  });
}

/** The demo's rows have no place in a database that others may use. */
async function seedOwn(databaseUrl: string): Promise<string[]> {
  if (!isLoopbackHost(new URL(databaseUrl).hostname))
    return ['Nothing seeded: DATABASE_URL is not on this machine.'];
  const seeded = await seedDatabase(databaseUrl);
  return seeded > 0 ? [`${seeded} tasks seeded.`] : [];
}

/** Not Postgres's: a crashed run's may still be there, and stops when its successor starts. */
function portsAhead({ settings, web }: StackOptions) {
  const owners = portOwners(settings);
  return [
    owners.proxy,
    ...(settings.electricUrl === null ? [owners.electric] : []),
    owners.api,
    ...(web === 'dev' ? [owners.web] : []),
  ];
}

async function startDatabase(options: StackOptions, stops: (() => Promise<void>)[], notes: string[]) {
  const chosen = chooseDataDir(ROOT);
  const dataDir = options.dataDir ?? chosen.path;
  if (options.dataDir === undefined && chosen.reason !== null)
    notes.push(`${chosen.reason} Data: ${dataDir}`);
  const owner = portOwners(options.settings).postgres;
  const postgres = await explainBusyPort(owner, () => startEmbeddedPostgres({ dataDir, port: owner.port }));
  stops.push(() => postgres.stop());
  await postgres.ensureDatabase(DATABASE);
  return { url: postgres.url(DATABASE), ended: postgres.ended };
}

async function startElectric(
  settings: StackSettings,
  databaseUrl: string,
  stops: (() => Promise<void>)[],
): Promise<string> {
  if (settings.electricUrl !== null) {
    await requireElectric(settings.electricUrl);
    return settings.electricUrl;
  }
  const owner = portOwners(settings).electric;
  const electric = await explainBusyPort(owner, () => startEmbeddedElectric(databaseUrl, owner.port));
  stops.push(electric.stop);
  return electric.url;
}
