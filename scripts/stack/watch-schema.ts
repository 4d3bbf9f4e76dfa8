import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { emitKeypressEvents } from 'node:readline';
import { fromRoot, ROOT } from '../root.ts';

const SETTLE_MS = 300;

/**
 * Says so when a file of the schema was saved, and offers to migrate everything that runs here: `m` in a terminal,
 * `pnpm db:dev` elsewhere. Answers the way to stop.
 */
export function offerMigration(): () => void {
  const isTerminal = process.stdin.isTTY === true;
  let timer: NodeJS.Timeout | null = null;
  const offer = () => {
    const how = isTerminal
      ? 'Press m to migrate what runs here (or run `pnpm db:dev`)'
      : 'Run `pnpm db:dev` to migrate what runs here';
    console.log(`\nThe schema changed. ${how}.`);
  };
  const watcher = watch(fromRoot('packages/core/src/schema'), { recursive: true }, () => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(offer, SETTLE_MS);
  });
  const stopKeys = isTerminal ? onKey('m', migrate) : () => undefined;
  return () => {
    watcher.close();
    if (timer !== null) clearTimeout(timer);
    stopKeys();
  };
}

/** `pnpm db:dev`, with this terminal for drizzle-kit's questions. */
async function migrate(): Promise<void> {
  const file = fromRoot('scripts/db/dev-main.ts');
  const child = spawn(process.execPath, [...process.execArgv, file], { cwd: ROOT, stdio: 'inherit' });
  await once(child, 'exit');
}

function onKey(key: string, run: () => Promise<void>): () => void {
  const { stdin } = process;
  const listen = () => {
    stdin.setRawMode(true);
    stdin.resume();
  };
  const onPress = (_text: string | undefined, press: { name?: string; ctrl?: boolean }) => {
    if (press.ctrl === true && press.name === 'c') process.kill(process.pid, 'SIGINT');
    if (press.name !== key) return;
    stdin.setRawMode(false);
    stdin.pause();
    void run().finally(listen);
  };
  emitKeypressEvents(stdin);
  stdin.on('keypress', onPress);
  listen();
  return () => {
    stdin.off('keypress', onPress);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
