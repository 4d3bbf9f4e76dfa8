import type { PGliteInterface } from '@electric-sql/pglite';
import type { ReplicaMigration } from '@lockstep/protocol';
import { type ChannelMessage, type Command, type CommandResult, openChannel } from './channel.ts';
import { createSyncClient, type SyncClient } from './client.ts';
import type { SyncSettings } from './contract.ts';
import { toErrorReport } from './error-report.ts';

/** The status is told at most this often; migrations and rows at once. */
const STATUS_MS_MIN = 50;

export interface LeaderOptions {
  readonly name: string;
  readonly db: PGliteInterface;
  readonly settings: SyncSettings;
  /** Closes the database with everything on its storage. */
  readonly close: () => Promise<void>;
  /** Deletes the files of the closed database. */
  readonly erase: () => Promise<void>;
  /** Ends the worker: the next tab's takes over. */
  readonly end: () => void;
  readonly fetch?: typeof fetch;
}

/**
 * Syncs in the worker that holds the database, for all tabs. Done when the database is at the page's version.
 * Never rejects: what went wrong is told to the tabs, as `open-failed` until the database is usable.
 */
export async function startLeader(options: LeaderOptions): Promise<{ readonly isOpen: boolean }> {
  const { name, db } = options;
  let settings = options.settings;
  let client: SyncClient;
  let failure: ChannelMessage | null = null;
  let stops: (() => void)[] = [];
  let statusTimer: ReturnType<typeof setTimeout> | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  const channel = openChannel(name, (message) => {
    if (message.kind === 'hello') greet(message.settings);
    else if (message.kind === 'command') answer(message.id, message.command);
  });

  function greet(theirs: SyncSettings): void {
    if (failure !== null) return channel.post(failure);
    const isNewer = isNewerPage(theirs.bundle.migrations, settings.bundle.migrations);
    if (isNewer || theirs.token !== settings.token)
      adopt(isNewer ? theirs : { ...settings, token: theirs.token });
    tellEverything();
  }

  /** A tab with a newer page is here: its code needs its schema. Or with a newer token: the one before may be void. */
  function adopt(theirs: SyncSettings): void {
    settings = theirs;
    turn = turn
      .then(async () => {
        for (const stop of stops) stop();
        await client.close();
        watch(make());
        await client.start();
      })
      .catch((error: unknown) => channel.post({ kind: 'error', error: toErrorReport(error) }));
  }

  function answer(id: string, command: Command): void {
    turn = turn
      .then(() => run(command))
      .then(
        (result) => channel.post({ kind: 'reply', id, result }),
        (error: unknown) => channel.post({ kind: 'refusal', id, error: toErrorReport(error) }),
      )
      .then(() => {
        if (command === 'erase' || command === 'release') options.end();
      });
  }

  async function run(command: Command): Promise<CommandResult> {
    switch (command) {
      case 'checkAndMigrate':
        return client.migrations.checkAndMigrate();
      case 'forceMigration':
        await client.migrations.forceMigration();
        return null;
      case 'resetMigrationState':
        await client.migrations.resetMigrationState();
        return null;
      case 'inspect':
        return client.inspect();
      case 'pause':
        client.pause();
        return null;
      case 'resume':
        client.resume();
        return null;
      case 'wake':
        client.wake();
        return null;
      case 'release':
      case 'erase':
        await client.close();
        await options.close();
        if (command === 'erase') await options.erase();
        return null;
    }
  }

  function make(): SyncClient {
    return createSyncClient({
      db,
      settings,
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
      hooks: { onError: (error) => channel.post({ kind: 'error', error }) },
    });
  }

  function watch(made: SyncClient): void {
    client = made;
    stops = [
      made.status.subscribe(tellStatusSoon),
      made.migrations.state.subscribe((state) => channel.post({ kind: 'migration', state })),
      made.onChange((tables) => channel.post({ kind: 'changed', tables: [...tables] })),
    ];
  }

  function tellStatusSoon(): void {
    statusTimer ??= setTimeout(() => {
      statusTimer = null;
      channel.post({ kind: 'status', status: client.status.get() });
    }, STATUS_MS_MIN);
  }

  function tellEverything(): void {
    channel.post({ kind: 'migration', state: client.migrations.state.get() });
    channel.post({ kind: 'status', status: client.status.get() });
  }

  try {
    const first = make();
    watch(first);
    channel.post({ kind: 'leader' });
    await first.start();
    tellEverything();
    return { isOpen: true };
  } catch (error) {
    failure = { kind: 'open-failed', error: toErrorReport(error) };
    channel.post(failure);
    return { isOpen: false };
  }
}

/** Whether `theirs` is `ours` and more. */
function isNewerPage(theirs: readonly ReplicaMigration[], ours: readonly ReplicaMigration[]): boolean {
  const hashes = new Set(theirs.map(({ hash }) => hash));
  return theirs.length > ours.length && ours.every(({ hash }) => hashes.has(hash));
}
