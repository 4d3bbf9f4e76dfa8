import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { z } from 'zod';
import { fromRoot } from '../root.ts';
import { identifyProcess, isRunning } from './process-identity.ts';

const runningSchema = z.object({
  pid: z.number().int(),
  startedAt: z.string().nullable(),
  /** Null until everything runs. */
  urls: z.object({ database: z.string(), proxy: z.string(), web: z.string().nullable() }).nullable(),
});
type StackFile = z.infer<typeof runningSchema>;

/** The stack that runs in this checkout: other commands (`db:dev`, `demo:change`) find it by its file. */
export interface RunningStack {
  readonly pid: number;
  /** Postgres itself, for what doesn't run migrations. */
  readonly databaseUrl: string;
  readonly proxyUrl: string;
  readonly webUrl: string | null;
}

export interface StackClaim {
  /** True when the run before this one did not end by itself: what it left may take a moment to go. */
  readonly isAfterCrash: boolean;
  /** Tells other commands that everything runs. */
  announce(urls: {
    readonly database: string;
    readonly proxy: string;
    readonly web: string | null;
  }): Promise<void>;
  release(): Promise<void>;
}

const FILE = fromRoot('.data/stack.json');

/**
 * Makes this process the checkout's one stack, from before its first part starts: a second one would stop the Postgres
 * of the first as a leftover. Throws PORT_IN_USE when there is one.
 */
export async function claimStack(): Promise<StackClaim> {
  const found = await readStackFile();
  if (found.kind === 'running') throw runsAlready(found.stack);
  const self = await identifyProcess(process.pid);
  const claim = { pid: process.pid, startedAt: self?.startedAt ?? null };
  await explainForeignFolder(async () => {
    await mkdir(dirname(FILE), { recursive: true });
    await rm(FILE, { force: true });
    await write(FILE, { ...claim, urls: null }, 'wx');
  });
  return {
    isAfterCrash: found.kind === 'stale',
    async announce(urls) {
      await write(`${FILE}.new`, { ...claim, urls }, 'w');
      await rename(`${FILE}.new`, FILE); // Readers never meet half a file.
    },
    release: () => rm(FILE, { force: true }),
  };
}

/** Passwords are in the URLs: the file is for its owner only. */
function write(file: string, stack: StackFile, flag: 'w' | 'wx'): Promise<void> {
  return writeFile(file, JSON.stringify(stack), { mode: 0o600, flag });
}

/** The stack that runs here now. Its absence, and one that is still starting, is an error that says what to do. */
export async function requireRunningStack(): Promise<RunningStack> {
  const found = await readStackFile();
  if (found.kind !== 'running') {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'The local stack is not running.',
      remedy: 'Start it in another terminal with `pnpm dev`, then run this command again.',
    });
  }
  const { pid, urls } = found.stack;
  if (urls === null) {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'The local stack is still starting.',
      remedy: 'Run this command again when its terminal says that it is ready.',
    });
  }
  return { pid, databaseUrl: urls.database, proxyUrl: urls.proxy, webUrl: urls.web };
}

type Found = { readonly kind: 'none' | 'stale' } | { readonly kind: 'running'; readonly stack: StackFile };

/** `stale`: a file that a killed run left behind. */
async function readStackFile(): Promise<Found> {
  const text = await explainForeignFolder(() => readIfThere(FILE));
  if (text === null) return { kind: 'none' };
  const parsed = runningSchema.safeParse(parseJson(text));
  return parsed.success && (await isRunning(parsed.data))
    ? { kind: 'running', stack: parsed.data }
    : { kind: 'stale' };
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function runsAlready({ pid, urls }: StackFile): LockstepError {
  const where = urls === null ? 'it is still starting' : (urls.web ?? urls.proxy);
  return new LockstepError('PORT_IN_USE', {
    message: `The stack of this checkout runs already, as process ${pid}: ${where}.`,
    remedy: 'Use that one, or stop it with Ctrl-C in its terminal first.',
  });
}

/** A stack that was started by root before leaves files that an ordinary user may not touch. */
async function explainForeignFolder<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      throw new LockstepError('PORT_IN_USE', {
        message: 'Another stack of this checkout started at this moment.',
        remedy: 'Use that one.',
      });
    }
    if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') throw error;
    throw foreignFolder(dirname(FILE), error);
  }
}

/** The error for files of the stack that belong to another user. */
export function foreignFolder(folder: string, cause: unknown): LockstepError {
  return new LockstepError('CONFIG_INVALID', {
    message: `${folder} belongs to another user, who started the stack here before.`,
    remedy: 'Start as that user, or delete the folder: its data is seeded anew.',
    cause,
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}
