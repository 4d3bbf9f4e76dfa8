import { applyBundle } from '../db/apply.ts';
import { compile } from '../db/compile.ts';
import { setup } from '../db/setup.ts';
import { runCommand } from '../fail.ts';
import { requireRunningStack } from '../stack/running.ts';
import { addEstimate, DEMO_MIGRATION } from './change.ts';
import { undoDemo } from './undo.ts';

/** `pnpm demo:change [--undo]`: tasks get an estimate while pages are open, by the steps of docs/change-the-schema.md. */
await runCommand(async () => {
  if (process.argv.includes('--undo')) {
    await undoDemo();
    await compile({ check: false });
    console.log('The estimate is gone again: schema, migration, and the column in the running database.');
    return;
  }
  const running = await requireRunningStack();
  console.log(`Watch ${running.webUrl ?? 'an open page'}: a task, and the Database page.`);
  if (!(await addEstimate())) console.log('The schema has the estimate already.');
  await setup(['--name', DEMO_MIGRATION]);
  await applyBundle(running.proxyUrl);
});
