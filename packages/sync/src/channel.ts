import type { ErrorReport, Inspection, MigrationState, SyncSettings, SyncStatus } from './contract.ts';

/** What a tab asks of the leader's worker. Each can be repeated: after a change of leaders it is. */
export type Command =
  | 'checkAndMigrate'
  | 'forceMigration'
  | 'resetMigrationState'
  | 'inspect'
  | 'pause'
  | 'resume'
  /** The network may be back. */
  | 'wake'
  /** Stops syncing and closes the database, so that its files can be let go of. */
  | 'release'
  /** The same, and deletes the files. */
  | 'erase';

export type CommandResult = boolean | Inspection | null;

/** Everything that crosses the border between tabs and the leader's worker, on one BroadcastChannel. */
export type ChannelMessage =
  /** A tab is here and wants to know where things stand. */
  | { readonly kind: 'hello'; readonly settings: SyncSettings }
  | { readonly kind: 'command'; readonly id: string; readonly command: Command }
  | { readonly kind: 'reply'; readonly id: string; readonly result: CommandResult }
  | { readonly kind: 'refusal'; readonly id: string; readonly error: ErrorReport }
  /** A worker has become the leader. */
  | { readonly kind: 'leader' }
  | { readonly kind: 'status'; readonly status: SyncStatus }
  | { readonly kind: 'migration'; readonly state: MigrationState }
  | { readonly kind: 'changed'; readonly tables: readonly string[] }
  | { readonly kind: 'error'; readonly error: ErrorReport }
  /** The database could not be opened or moved to the page's version. */
  | { readonly kind: 'open-failed'; readonly error: ErrorReport };

export interface Channel {
  post(message: ChannelMessage): void;
  close(): void;
}

/** Opens the channel of a database. Messages never come back to their sender. */
export function openChannel(name: string, onMessage: (message: ChannelMessage) => void): Channel {
  const channel = new BroadcastChannel(`lockstep:${name}`);
  channel.addEventListener('message', (event: MessageEvent<ChannelMessage>) => onMessage(event.data));
  return {
    post: (message) => channel.postMessage(message),
    close: () => channel.close(),
  };
}
