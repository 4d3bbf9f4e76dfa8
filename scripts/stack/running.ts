import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { z } from 'zod';
import { fromRoot } from '../root.ts';

const runningSchema = z.object({
  pid: z.number().int(),
  proxyUrl: z.string(),
  webUrl: z.string().nullable(),
});

/** The stack that runs in this checkout: other commands (`db:dev`, `demo:change`) find it here. */
export type RunningStack = z.infer<typeof runningSchema>;

const FILE = fromRoot('.data/stack.json');

export async function writeRunningStack(stack: RunningStack): Promise<void> {
  await mkdir(dirname(FILE), { recursive: true });
  // The proxy's password is in the URL: the file is for its owner only.
  await writeFile(FILE, JSON.stringify(stack), { mode: 0o600 });
}

export async function forgetRunningStack(): Promise<void> {
  await rm(FILE, { force: true });
}

/** The stack that runs here now, or null. A file that a killed run left behind counts as none. */
export async function findRunningStack(): Promise<RunningStack | null> {
  const text = await readFile(FILE, 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed = runningSchema.safeParse(JSON.parse(text));
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : null;
}

/** Like `findRunningStack`, but its absence is an error that says what to do. */
export async function requireRunningStack(): Promise<RunningStack> {
  const running = await findRunningStack();
  if (running !== null) return running;
  throw new LockstepError('CONFIG_INVALID', {
    message: 'The local stack is not running.',
    remedy: 'Start it in another terminal with `pnpm dev`, then run this command again.',
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
