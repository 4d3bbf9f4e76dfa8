import { createHash, randomBytes } from 'node:crypto';
import { constants, copyFile, link, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { LockstepError } from '@lockstep/protocol';
import { type Clock, jitter } from '../run/clock.ts';
import { isBeating, startHeartbeat } from './heartbeat.ts';
import { hasAbstractSockets, holdName } from './lock-socket.ts';
import { identifyThisProcess, isProcessAlive, type ProcessIdentity } from './process-identity.ts';

/** The right to a PGlite directory, held by one process at a time: two would lose each other's commits, silently. */
export interface DirectoryLock {
  /** The directory, without links. */
  readonly directory: string;
  release(): Promise<void>;
}

export interface DirectoryLockOptions {
  /** How long to wait for another process to let go, in milliseconds: not at all. */
  readonly waitMs?: number;
  readonly clock: Clock;
}

interface LockHolder extends ProcessIdentity {
  readonly nonce: string;
}

const POLL_MS = 100;

/**
 * Takes the lock of a directory that exists. On Linux a socket decides among the processes of a machine, for it is gone
 * the instant its process is; the lock file beside the directory decides elsewhere and between containers, and names
 * the holder. Raises EMBEDDED_LOCKED.
 */
export async function lockDirectory(path: string, options: DirectoryLockOptions): Promise<DirectoryLock> {
  const { waitMs = 0, clock } = options;
  const directory = await realpath(path);
  const file = `${directory}.lock`;
  const self: LockHolder = { ...(await identifyThisProcess()), nonce: randomBytes(8).toString('hex') };
  const deadline = clock.now() + waitMs;
  for (;;) {
    const release = await tryToLock(directory, file, self, clock);
    if (release !== null) return { directory, release };
    if (clock.now() >= deadline) throw locked(directory, file, await readHolder(file));
    await clock.sleep(jitter(clock, POLL_MS));
  }
}

async function tryToLock(
  directory: string,
  file: string,
  self: LockHolder,
  clock: Clock,
): Promise<(() => Promise<void>) | null> {
  const releaseName = hasAbstractSockets ? await holdNames(await namesOf(directory)) : async () => undefined;
  if (releaseName === null) return null;
  let isTaken = false;
  try {
    isTaken = await tryToTakeFile(file, self, clock);
  } finally {
    if (!isTaken) await releaseName();
  }
  if (!isTaken) return null;
  const stopHeartbeat = startHeartbeat(file);
  return async () => {
    await stopHeartbeat();
    if ((await readHolder(file))?.nonce === self.nonce) await rm(file, { force: true });
    await releaseName();
  };
}

/** The folder itself, for it may be mounted in two places; and its place, for a restore puts another folder there. */
async function namesOf(directory: string): Promise<readonly string[]> {
  const { dev, ino } = await stat(directory, { bigint: true });
  return [`lockstep/${dev}/${ino}`, `lockstep/${createHash('sha256').update(directory).digest('hex')}`];
}

/** All or none. */
async function holdNames(names: readonly string[]): Promise<(() => Promise<void>) | null> {
  const held: (() => Promise<void>)[] = [];
  const release = async () => {
    for (const one of held) await one();
  };
  for (const name of names) {
    const one = await holdName(name);
    if (one === null) {
      await release();
      return null;
    }
    held.push(one);
  }
  return release;
}

/** The file is made whole and then linked to its place: that fails when there is one. */
async function tryToTakeFile(file: string, self: LockHolder, clock: Clock): Promise<boolean> {
  const own = `${file}.${self.nonce}`;
  await writeFile(own, JSON.stringify(self));
  try {
    if (await tryToLink(own, file)) return true;
    const holder = await readHolder(file);
    if (holder !== null && (await isHeld(file, holder, self, clock))) return false;
    await setAside(file, holder, self);
    return await tryToLink(own, file);
  } finally {
    await rm(own, { force: true });
  }
}

async function isHeld(file: string, holder: LockHolder, self: LockHolder, clock: Clock): Promise<boolean> {
  if (holder.realm !== self.realm) return isBeating(file, clock);
  // Whoever wrote it held the name then, which we hold now.
  if (hasAbstractSockets) return false;
  if (!(await isProcessAlive(holder))) return false;
  return holder.startedAt !== null || isBeating(file, clock);
}

/** Two may find the same dead holder: each moves away only what it has judged. */
async function setAside(file: string, judged: LockHolder | null, self: LockHolder): Promise<void> {
  const aside = `${file}.${self.nonce}.old`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (moved?.nonce !== judged?.nonce) await tryToLink(aside, file);
  await rm(aside, { force: true });
}

async function tryToLink(from: string, to: string): Promise<boolean> {
  try {
    // Some file systems of memory sticks have no links.
    await link(from, to).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      return copyFile(from, to, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<LockHolder | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as LockHolder;
  } catch {
    return null;
  }
}

function locked(directory: string, file: string, holder: LockHolder | null): LockstepError {
  const who =
    holder === null
      ? 'another process'
      : holder.pid === process.pid
        ? 'this process itself, which opened it before'
        : `process ${holder.pid} (${holder.program})`;
  return new LockstepError('EMBEDDED_LOCKED', {
    message: `The database ${directory} is held by ${who}; a second process would lose commits of the first.`,
    remedy: `Close it there, or wait for it (waitMs). The holder is written in ${file}.`,
    details: { directory, pid: holder?.pid ?? null, program: holder?.program ?? null },
  });
}
