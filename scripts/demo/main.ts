import { spawnSync } from 'node:child_process';
import { runCommand } from '../fail.ts';
import { fromRoot, ROOT } from '../root.ts';
import { requireRunningStack } from '../stack/running.ts';
import { addEstimate, DEMO_MIGRATION } from './change.ts';
import { undoDemo } from './undo.ts';

/** `pnpm demo:change [--undo]`: tasks get an estimate while pages are open, by the steps of docs/change-the-schema.md. */
await runCommand(async () => {
  const running = await requireRunningStack();
  if (process.argv.includes('--undo')) {
    const undone = await undoDemo(running.proxyUrl);
    console.log(undone ? 'The demo is taken back.' : 'There is nothing to take back.');
    return runScript('scripts/db/compile-main.ts');
  }
  console.log(`Watch ${running.webUrl ?? 'an open page'}: a task, and the Database page.`);
  if (!(await addEstimate())) console.log('The schema has the estimate already.');
  return runScript('scripts/db/dev-main.ts', '--name', DEMO_MIGRATION);
});

/** Another process: this one has loaded the schema as it was before the change. */
function runScript(file: string, ...args: string[]): number {
  const run = spawnSync(process.execPath, [...process.execArgv, fromRoot(file), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return run.status ?? 1;
}
