import { loadEnvFile } from '../env.ts';
import { runCommand } from '../fail.ts';
import { applyBundle } from './apply.ts';
import { withMigrationsProxy } from './with-proxy.ts';

/** `pnpm db:migrate:remote`: what is pending goes through the proxy that the PG variables name, or to `DATABASE_URL`. */
await runCommand(async () => {
  loadEnvFile('.env.production');
  await withMigrationsProxy(process.env, applyBundle);
});
