import { existsSync } from 'node:fs';
import { runCommand } from '../fail.ts';
import { fromRoot } from '../root.ts';
import { applyBundle } from './apply.ts';
import { readProxyUrl } from './remote.ts';

/** `pnpm db:migrate:remote`: what is pending goes through the proxy that the PG variables name. */
await runCommand(async () => {
  const file = fromRoot('.env.production');
  if (existsSync(file)) process.loadEnvFile(file);
  await applyBundle(readProxyUrl(process.env));
});
