import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { startProxy } from '@lockstep/electric-proxy';
import { type CliEnvironment, nodeEnvironment, type Route } from '@lockstep/migrate/cli';
import { fromRoot, ROOT } from '../root.ts';
import { requireRunningStack } from '../stack/running.ts';

/**
 * The CLI of @lockstep/migrate as this repository's scripts run it: migrations go through the migrations proxy, so that
 * ENABLE ELECTRIC works, and the database is the running stack's unless something else is said.
 */
export function cliEnvironment(overrides: Partial<CliEnvironment> = {}): CliEnvironment {
  return nodeEnvironment({
    cwd: ROOT,
    env: withProxyDefaults(process.env),
    commandLine: rootCommand,
    // The PG variables name a standing proxy (B6).
    route: ({ url, source }) => (source === 'PG variables' ? Promise.resolve(null) : routeThroughProxy(url)),
    defaultDatabase: async () => (await requireRunningStack()).databaseUrl,
    ...overrides,
  });
}

/** A proxy inside this process, for as long as the command takes. */
async function routeThroughProxy(upstreamUrl: string): Promise<Route> {
  const streamId = process.env.ELECTRIC_REPLICATION_STREAM_ID;
  const password = randomBytes(16).toString('hex');
  const proxy = await startProxy({ upstreamUrl, password, port: 0, ...(streamId ? { streamId } : {}) });
  return { url: proxy.url(), close: () => proxy.close() };
}

/** `migrate --yes` is `pnpm db:migrate --yes`, where there is such a script. */
function rootCommand(command: string): string {
  const [name = ''] = command.split(' ');
  const { scripts } = JSON.parse(readFileSync(fromRoot('package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const script = [`db:${name}`, name].find((candidate) => scripts[candidate] !== undefined);
  return script === undefined ? `pnpm lockstep ${command}` : `pnpm ${script}${command.slice(name.length)}`;
}

/** The PG variables' defaults are the proxy's here, not Postgres's. */
export function withProxyDefaults(env: CliEnvironment['env']): CliEnvironment['env'] {
  return env.PGHOST
    ? { ...env, PGPORT: env.PGPORT || '65432', PGDATABASE: env.PGDATABASE || 'electric' }
    : env;
}
