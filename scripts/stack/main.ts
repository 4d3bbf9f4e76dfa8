import { LockstepError } from '@lockstep/protocol';
import { bundle } from '@org/core/migrations';
import { runCommand } from '../fail.ts';
import { formatTable } from '../table.ts';
import { findRunningStack, forgetRunningStack, writeRunningStack } from './running.ts';
import { readStackSettings } from './settings.ts';
import { type Stack, startStack } from './start-stack.ts';
import { offerMigration } from './watch-schema.ts';

/** `pnpm dev`: everything that this repository runs, on this machine, until Ctrl-C. */
await runCommand(async () => {
  const settings = readStackSettings(process.env);
  await refuseSecondStack();
  const started = Date.now();
  const stack = await startStack({ settings, bundle, api: { kind: 'watch' }, web: 'dev' });
  await writeRunningStack({ pid: process.pid, proxyUrl: stack.proxyUrl, webUrl: stack.webUrl });
  console.log(describe(stack, Date.now() - started));
  const stopWatching = offerMigration();
  await stopSignal();
  stopWatching();
  console.log('\nStopping…');
  await stack.stop();
  await forgetRunningStack();
  console.log('Stopped. The data stays in place; `pnpm dev` goes on with it.');
  process.exit(0); // Vite's watchers and pools keep the process alive otherwise.
});

async function refuseSecondStack(): Promise<void> {
  const running = await findRunningStack();
  if (running === null) return;
  throw new LockstepError('PORT_IN_USE', {
    message: `The stack of this checkout runs already, as process ${running.pid}: ${running.webUrl ?? ''}`,
    remedy: 'Use that one, or stop it with Ctrl-C in its terminal first.',
  });
}

function describe(stack: Stack, durationMs: number): string {
  const table = formatTable(
    ['part', 'where'],
    [
      ['Web app', stack.webUrl ?? 'not started'],
      ['API', `${stack.apiUrl}/api/health`],
      ['Shapes (Electric)', `${stack.electricUrl}/v1/shape`],
      ['Migrations proxy', withoutPassword(stack.proxyUrl)],
      ['Postgres', withoutPassword(stack.databaseUrl)],
    ],
  );
  const notes = stack.notes.map((note) => `· ${note}\n`).join('');
  const seconds = (durationMs / 1000).toFixed(1);
  return `\n${notes}${table}\nReady in ${seconds} s. Open ${stack.webUrl} — Ctrl-C stops everything.\n`;
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
