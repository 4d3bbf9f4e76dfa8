import { runCommand } from '../fail.ts';
import { requireRunningStack } from '../stack/running.ts';
import { applyBundle } from './apply.ts';
import { setup } from './setup.ts';

/** `pnpm db:dev`: the schema's change reaches the running stack, and its open pages follow. */
await runCommand(async () => {
  const running = await requireRunningStack();
  const exitCode = await setup(process.argv.slice(2));
  if (exitCode !== 0) return exitCode;
  await applyBundle(running.proxyUrl);
  return 0;
});
