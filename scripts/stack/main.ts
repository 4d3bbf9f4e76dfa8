import { formatError } from '@lockstep/protocol';
import { bundle } from '@org/core/migrations';
import { loadEnvFile } from '../env.ts';
import { runCommand } from '../fail.ts';
import { describeStack } from './describe.ts';
import { claimStack } from './running.ts';
import { readStackSettings } from './settings.ts';
import { listenForStop, type Stopping } from './signals.ts';
import { type Stack, startStack } from './start-stack.ts';
import { offerMigration } from './watch-schema.ts';

/** What a killed run leaves (its API ends with it, but answers first) goes within this time. */
const CRASH_PATIENCE_MS = 6_000;
const STOP_MS_MAX = 20_000;

/** `pnpm dev`: everything that this repository runs, on this machine, until Ctrl-C. */
await runCommand(async () => {
  const stopping = listenForStop();
  loadEnvFile('.env');
  const settings = readStackSettings(process.env);
  const claim = await claimStack();
  try {
    const started = Date.now();
    const stack = await startStack({
      settings,
      bundle,
      api: { kind: 'watch' },
      web: 'dev',
      portPatienceMs: claim.isAfterCrash ? CRASH_PATIENCE_MS : 0,
      signal: stopping.signal,
      onOtherBranch: async (error, urls) => {
        await claim.announce({ ...urls, web: null });
        console.error(formatError(error));
        console.log(
          'The start goes on when you have done one of these in another terminal. Ctrl-C stops it.',
        );
      },
      onApiOutput: (text) => process.stderr.write(text),
    });
    await claim.announce({ database: stack.databaseUrl, proxy: stack.proxyUrl, web: stack.webUrl });
    console.log(describeStack(stack, Date.now() - started));
    return await runUntilStopped(stack, stopping);
  } catch (error) {
    // Whatever failed because of the stop is no failure.
    if (!stopping.signal.aborted) throw error;
    console.log('\nStopped before everything ran.');
    return 0;
  } finally {
    await claim.release();
  }
});
process.exit(); // Vite's watchers and pools keep the process alive otherwise.

/** Answers the exit code. */
async function runUntilStopped(stack: Stack, stopping: Stopping): Promise<number> {
  const stopWatching = offerMigration();
  const reason = await Promise.race([
    stopping.requested.then(() => 'asked' as const),
    ...(stack.postgresEnded === null ? [] : [stack.postgresEnded.then(() => 'postgres' as const)]),
  ]);
  stopWatching();
  console.log(reason === 'asked' ? '\nStopping…' : '\nPostgres has ended. Stopping the rest…');
  const late = setTimeout(() => {
    console.error('A part did not stop in time; the next `pnpm dev` deals with what is left.');
    process.exit(1);
  }, STOP_MS_MAX);
  await stack.stop();
  clearTimeout(late);
  console.log('Stopped. The data stays in place; `pnpm dev` goes on with it.');
  return reason === 'asked' ? 0 : 1;
}
