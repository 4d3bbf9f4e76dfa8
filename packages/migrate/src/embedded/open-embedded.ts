import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Extensions, PGlite, PGliteOptions } from '@electric-sql/pglite';
import { isLockstepError, type LockstepError, parseLsn } from '@lockstep/protocol';
import { type RestoredNewest, restoreNewest } from '../operate/backup/restore-newest.ts';
import { checkIntegrity } from '../operate/integrity/check-integrity.ts';
import { openPglite, type PgliteConnection } from '../operate/open-pglite.ts';
import { type Clock, systemClock } from '../run/clock.ts';
import type { Executor } from '../run/executor/executor.ts';
import { requireDatabase } from '../run/identity.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { createDurability, type Durability } from './durability.ts';
import { contentError, extensionError, lost } from './embedded-error.ts';
import { type EmbeddedState, readState } from './embedded-state.ts';
import { askEngine, knownEngine } from './engine.ts';
import { inspectDirectory } from './inspect-directory.ts';
import { type Marker, readMarker } from './marker.ts';
import { readBootId } from './process-identity.ts';

export interface EmbeddedOptions {
  /** PGlite's extensions, as its own options have them. amcheck is added. */
  readonly extensions?: Extensions;
  /** Other options of PGlite. */
  readonly pglite?: Omit<PGliteOptions, 'dataDir' | 'extensions' | 'fs' | 'loadDataDir'>;
  /** How long to wait for another process that has the directory open, in milliseconds: not at all. */
  readonly waitMs?: number;
  /** The id that the database must have (`LOCKSTEP_DATABASE_ID`). */
  readonly databaseId?: string | null;
  /**
   * What to do with a directory that lost what it had acknowledged: refuse it (otherwise), open what is there, or put the
   * newest good backup of a folder in its place.
   */
  readonly onStorageLost?: 'refuse' | 'accept' | { readonly restoreFrom: string };
  readonly clock?: Clock;
}

/** A PGlite directory that this process has to itself. */
export interface EmbeddedDatabase {
  readonly db: PGlite;
  readonly executor: Executor;
  /** Without links. */
  readonly directory: string;
  /** The machine went down while it was open: what was written after the last `acknowledge` may be gone. */
  readonly wasCutOff: boolean;
  /** The backup that was put in the place of a lost state; null for none. */
  readonly restored: RestoredNewest | null;
  /**
   * Makes what is committed so far survive a power cut, which PGlite alone doesn't: some milliseconds. Pass it as
   * `afterMigration`.
   */
  acknowledge(): Promise<void>;
  /** Writes everything to disk, closes, and lets others in. */
  close(): Promise<void>;
}

/**
 * Opens a PGlite directory, which is created if it isn't there, for this process alone. What can't be opened well is
 * told before anything of it is touched: EMBEDDED_LOCKED, EMBEDDED_VERSION, EMBEDDED_NOT_A_DATABASE,
 * EMBEDDED_EXTENSION_MISSING, DATABASE_WRONG, STORAGE_LOST (C6).
 */
export async function openEmbedded(
  dataDir: string,
  options: EmbeddedOptions = {},
): Promise<EmbeddedDatabase> {
  const { onStorageLost } = options;
  if (typeof onStorageLost !== 'object') return openDirectory(dataDir, options);
  try {
    return await openDirectory(dataDir, { ...options, onStorageLost: 'refuse' });
  } catch (error) {
    if (!isStorageLost(error)) throw error;
    const restored = await restoreNewest(onStorageLost.restoreFrom, dataDir, options);
    return { ...(await openDirectory(dataDir, { ...options, onStorageLost: 'refuse' })), restored };
  }
}

async function openDirectory(dataDir: string, options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const path = resolve(dataDir);
  const engine = await knownEngine();
  // Before the lock as well: its error would name the wrong trouble, and a folder would be made.
  const early = contentError(path, await inspectDirectory(path), engine);
  if (early !== null && early.code !== 'STORAGE_LOST') throw early;
  await mkdir(path, { recursive: true });
  const lock = await lockDirectory(path, {
    waitMs: options.waitMs ?? 0,
    clock: options.clock ?? systemClock,
  });
  try {
    return await openLocked(lock, options);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openLocked(lock: DirectoryLock, options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { directory } = lock;
  const { onStorageLost = 'refuse' } = options;
  const marker = await readMarker(directory);
  await checkFiles(directory, marker, options);
  const { db, executor } = await start(directory, options);
  try {
    await requireDatabase(executor, options.databaseId);
    const state = await readState(executor);
    if (state.missingExtensions.length > 0) throw extensionError(directory, state.missingExtensions);
    const loss = marker === null ? null : findLoss(directory, marker, state);
    if (loss !== null && onStorageLost === 'refuse') throw loss;
    const boot = await readBootId();
    const wasCutOff = marker !== null && marker.openSince !== null && marker.openSince !== boot;
    if (wasCutOff && onStorageLost === 'refuse') await requireSound(directory, executor);
    const durability = createDurability(directory, executor, boot);
    // A recovery, or a creation, has written files that nobody has synced.
    if (marker === null || marker.openSince !== null) await durability.persist();
    else await durability.acknowledge();
    return { ...embeddedDatabase(lock, db, executor, durability), wasCutOff, restored: null };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** What the files and the marker tell before anything is opened. */
async function checkFiles(
  directory: string,
  marker: Marker | null,
  { onStorageLost }: EmbeddedOptions,
): Promise<void> {
  const content = await inspectDirectory(directory);
  const error = contentError(directory, content, await knownEngine());
  if (error !== null) throw error;
  if (marker === null || onStorageLost === 'accept') return;
  if (content.kind !== 'cluster') {
    throw lost(directory, 'it is empty', 'Its files were deleted, or its storage lost them.');
  }
  if (content.format.systemIdentifier !== marker.systemIdentifier) {
    throw lost(directory, 'another database lies in its place', 'Somebody put it there.');
  }
}

async function start(directory: string, options: EmbeddedOptions): Promise<PgliteConnection> {
  const before = await inspectDirectory(directory);
  try {
    return await openPglite(directory, { ...options.pglite, extensions: options.extensions ?? {} });
  } catch (cause) {
    throw await explainFailure(directory, before, cause);
  }
}

/** PGlite says "Aborted()" whatever the reason, so that is looked for here. */
async function explainFailure(
  directory: string,
  content: Awaited<ReturnType<typeof inspectDirectory>>,
  cause: unknown,
): Promise<unknown> {
  if (content.kind !== 'cluster') return cause;
  const error = contentError(directory, content, await askEngine());
  if (error !== null) return error;
  const said = cause instanceof Error ? cause.message : String(cause);
  return lost(directory, `it doesn't open (${said})`, 'Its storage lost or damaged a part of it.');
}

/** A machine that went down may have kept some pages of what was written and not others. */
async function requireSound(directory: string, executor: Executor): Promise<void> {
  const { findings } = await checkIntegrity(executor, { level: 'full' });
  const [first] = findings;
  if (first === undefined) return;
  throw lost(
    directory,
    `it was open when the machine went down, and ${first.object} is damaged: ${first.what}`,
    'Its storage kept a part of what was written.',
  );
}

/** The log only grows: a shorter one than was acknowledged is a loss, or an older copy. */
function findLoss(directory: string, marker: Marker, state: EmbeddedState): LockstepError | null {
  if (parseLsn(state.lsn) >= parseLsn(marker.lsn)) return null;
  const now = state.tag ?? 'no migration';
  return lost(
    directory,
    `its log ends at ${state.lsn} (${now}), and had been written to ${marker.lsn} (${marker.tag ?? 'no migration'})`,
    'The power failed before its storage kept everything, or an older copy was put in its place.',
  );
}

function embeddedDatabase(
  lock: DirectoryLock,
  db: PGlite,
  executor: Executor,
  durability: Durability,
): Omit<EmbeddedDatabase, 'wasCutOff' | 'restored'> {
  const close = async () => {
    try {
      await durability.close(() => db.close());
    } finally {
      await lock.release();
    }
  };
  let closing: Promise<void> | null = null;
  return {
    db,
    executor,
    directory: lock.directory,
    acknowledge: () => durability.acknowledge(),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** True for the outcomes that a backup answers. */
export function isStorageLost(error: unknown): error is LockstepError {
  return isLockstepError(error) && error.code === 'STORAGE_LOST';
}
