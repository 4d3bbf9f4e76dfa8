import { isLockstepError } from '@lockstep/protocol';
import type { ErrorReport, LocalDatabase, Observable } from '@lockstep/sync';
import { keepEditsIn } from './edit-keeper.ts';
import { createEditStore, type EditStore } from './edits.ts';
import {
  findKnownIdentity,
  forgetIdentity,
  type Identity,
  type IdentityStorage,
  readIdentity,
  rememberIdentity,
} from './identity.ts';
import { sendWrites } from './writes.ts';

export type SessionState =
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'opening'; readonly identity: Identity }
  /** Signing out: the database closes, and is erased if so wished. */
  | { readonly kind: 'leaving'; readonly identity: Identity; readonly isErasing: boolean }
  | {
      readonly kind: 'open';
      readonly identity: Identity;
      readonly database: LocalDatabase;
      readonly edits: EditStore;
    }
  | { readonly kind: 'failed'; readonly identity: Identity; readonly error: ErrorReport };

/** The person of this tab and their database. One thing happens at a time: a switch waits for the one before. */
export interface Session extends Observable<SessionState> {
  /** Throws what the sign-in threw; the person of before stays then. */
  signIn(userId: string): Promise<void>;
  signOut(options: { readonly erase: boolean }): Promise<void>;
  /** Opens the same person's database again after a failure. */
  reopen(): Promise<void>;
}

export interface SessionParts {
  readonly storage: IdentityStorage;
  readonly signIn: (userId: string) => Promise<Identity>;
  readonly signOut: (identity: Identity) => Promise<void>;
  /** A new identity when the server no longer knows this one's token; null while it does. Throws as `signIn` does. */
  readonly renew: (identity: Identity) => Promise<Identity | null>;
  readonly open: (identity: Identity) => Promise<LocalDatabase>;
}

/** Starts with whom the tab or the device last worked as. */
export function createSession({ storage, signIn, signOut, renew, open }: SessionParts): Session {
  let state: SessionState = { kind: 'signed-out' };
  let queue: Promise<unknown> = Promise.resolve();
  const listeners = new Set<(state: SessionState) => void>();
  const set = (next: SessionState) => {
    state = next;
    for (const listener of listeners) listener(next);
  };
  const enqueue = <T>(task: () => Promise<T>): Promise<T> => {
    const result = queue.then(task);
    queue = result.catch(() => {});
    return result;
  };

  /** The screen lets go of one person's rows before anything of another's is there. */
  const leave = async (next: SessionState, options?: { readonly erase: boolean }) => {
    const before = state;
    set(next);
    if (before.kind === 'open') await before.database.close(options);
  };

  const enter = async (identity: Identity) => {
    try {
      await leave({ kind: 'opening', identity });
      const database = await open(identity);
      const edits = createEditStore(
        (writes) => {
          const version = database.status.get().versions.page.tag;
          return sendWrites({ token: identity.token, version, fetch: (...args) => fetch(...args) }, writes);
        },
        keepEditsIn(storage.tab, identity.user.id),
      );
      set({ kind: 'open', identity, database, edits });
      renewWhenRefused(identity, database);
    } catch (error) {
      set({ kind: 'failed', identity, error: toReport(error) });
    }
  };

  /** A session ends on the server in time, or with its database: then the person is signed in once more. */
  const renewWhenRefused = (identity: Identity, database: LocalDatabase) => {
    const stop = database.status.subscribe(({ kind }) => {
      if (kind !== 'failed') return;
      stop();
      void enqueue(async () => {
        if (state.kind !== 'open' || state.database !== database) return;
        const renewed = await renew(identity);
        if (renewed === null) return;
        rememberIdentity(storage, renewed);
        await enter(renewed);
      }).catch(() => {
        // The status on the screen says what is wrong.
      });
    });
  };

  const first = readIdentity(storage);
  if (first !== null) {
    // The tab keeps its person when another tab signs in as somebody else.
    rememberIdentity(storage, first);
    void enqueue(() => enter(first));
  }

  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signIn: (userId) =>
      enqueue(async () => {
        const identity = await signIn(userId).catch((error: unknown) => {
          const known =
            isLockstepError(error) && error.code === 'OFFLINE' && findKnownIdentity(storage, userId);
          if (!known) throw error;
          return known;
        });
        rememberIdentity(storage, identity);
        await enter(identity);
      }),
    signOut: (options) =>
      enqueue(async () => {
        if (state.kind === 'signed-out') return;
        const { identity } = state;
        forgetIdentity(storage, identity.user.id);
        try {
          await leave({ kind: 'leaving', identity, isErasing: options.erase }, options);
        } finally {
          set({ kind: 'signed-out' });
        }
        await signOut(identity);
      }),
    reopen: () =>
      enqueue(async () => {
        if (state.kind === 'failed') await enter(state.identity);
      }),
  };
}

function toReport(error: unknown): ErrorReport {
  if (isLockstepError(error)) return { code: error.code, message: error.message, remedy: error.remedy };
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
    remedy:
      'Reload the page. If it goes on, sign out and erase this device’s data: everything comes back by sync.',
  };
}
