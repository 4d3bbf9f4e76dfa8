import { runCli } from '@lockstep/migrate/cli';
import { loadEnvFile } from '../env.ts';
import { cliEnvironment, withProxyDefaults } from './cli-environment.ts';
import { readProxyUrl } from './remote.ts';

/** `pnpm db:migrate:remote` (B6): what is pending goes through the proxy that the PG variables name, or to `DATABASE_URL`. */
loadEnvFile('.env.production');
const { DATABASE_URL, ...others } = process.env;
const env = withProxyDefaults(process.env.PGHOST ? others : { ...others, DATABASE_URL });
process.exitCode = await runCli(
  ['migrate', ...process.argv.slice(2)],
  // Where neither is set, this says which variable is missing.
  cliEnvironment({ env, defaultDatabase: async () => readProxyUrl(env) }),
);
