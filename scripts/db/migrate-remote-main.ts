import { loadEnvFile } from '../env.ts';
import { runCommand } from '../fail.ts';
import { applyBundle } from './apply.ts';
import { readProxyUrl } from './remote.ts';

/** `pnpm db:migrate:remote`: what is pending goes through the proxy that the PG variables name. */
await runCommand(async () => {
  loadEnvFile('.env.production');
  await applyBundle(readProxyUrl(process.env));
});
