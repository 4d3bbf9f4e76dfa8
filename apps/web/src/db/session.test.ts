import { LockstepError } from '@lockstep/protocol';
import type { LocalDatabase } from '@lockstep/sync';
import { expect, test, vi } from 'vitest';
import type { Identity, IdentityStorage } from './identity.ts';
import { createSession } from './session.ts';

function memoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  } as Storage;
}

const identityOf = (id: string): Identity => ({ token: `token-${id}`, user: { id, name: id } });

/** A device with databases that write down what happens to them. */
function makeDevice() {
  const events: string[] = [];
  const device = memoryStorage();
  const isOnline = { current: true };
  const openTab = (tab = memoryStorage()) => {
    const storage: IdentityStorage = { tab, device };
    const session = createSession({
      storage,
      signIn: async (id) => {
        if (isOnline.current) return identityOf(id);
        throw new LockstepError('OFFLINE', { message: 'Offline.', remedy: 'Wait.' });
      },
      signOut: async () => {},
      renew: async () => null,
      open: async ({ user }) => {
        events.push(`open ${user.id}`);
        const close = async (options?: { readonly erase?: boolean }) => {
          events.push(options?.erase === true ? `erase ${user.id}` : `close ${user.id}`);
        };
        return { close, status: { subscribe: () => () => {} } } as unknown as LocalDatabase;
      },
    });
    session.subscribe((state) => {
      if (state.kind !== 'signed-out') events.push(`${state.kind} ${state.identity.user.id}`);
      else events.push('signed-out');
    });
    return session;
  };
  return { openTab, events, isOnline };
}

test('switching closes one person’s database before the other’s opens, and never shows both', async () => {
  const { openTab, events } = makeDevice();
  const session = openTab();
  await session.signIn('ada');
  await session.signIn('bruno');
  expect(events).toEqual([
    'opening ada',
    'open ada',
    'open ada',
    'opening bruno',
    'close ada',
    'open bruno',
    'open bruno',
  ]);
});

test('each tab keeps its person; a new tab starts with the device’s last', async () => {
  const { openTab } = makeDevice();
  const tabStorage = memoryStorage();
  await openTab(tabStorage).signIn('ada');
  await openTab().signIn('bruno');
  const reloaded = openTab(tabStorage);
  await vi.waitFor(() => expect(reloaded.get()).toMatchObject({ kind: 'open', identity: identityOf('ada') }));
});

test('without network: a person of this device can be switched to, a stranger can’t', async () => {
  const { openTab, isOnline } = makeDevice();
  const session = openTab();
  await session.signIn('ada');
  await session.signIn('bruno');
  isOnline.current = false;
  await session.signIn('ada');
  expect(session.get()).toMatchObject({ kind: 'open', identity: identityOf('ada') });
  await expect(session.signIn('chiara')).rejects.toMatchObject({ code: 'OFFLINE' });
  expect(session.get()).toMatchObject({ kind: 'open', identity: identityOf('ada') });
});

test('signing out with erase erases, and forgets the person', async () => {
  const { openTab, events } = makeDevice();
  const session = openTab();
  await session.signIn('ada');
  await session.signOut({ erase: true });
  expect(events.slice(-3)).toEqual(['leaving ada', 'erase ada', 'signed-out']);
  expect(openTab().get()).toEqual({ kind: 'signed-out' });
});

test('a database that does not open is told, and opened again on request', async () => {
  const open = vi
    .fn<(identity: Identity) => Promise<LocalDatabase>>()
    .mockRejectedValueOnce(new Error('No room.'))
    .mockResolvedValueOnce({ status: { subscribe: () => () => {} } } as unknown as LocalDatabase);
  const storage = { tab: memoryStorage(), device: memoryStorage() };
  const session = createSession({
    storage,
    open,
    signIn: async (id) => identityOf(id),
    signOut: async () => {},
    renew: async () => null,
  });
  await session.signIn('ada');
  expect(session.get()).toMatchObject({ kind: 'failed', error: { message: 'No room.' } });
  await session.reopen();
  expect(session.get().kind).toBe('open');
});

test('a token that the server no longer knows is renewed when the sync is refused', async () => {
  const listeners: ((status: { kind: string }) => void)[] = [];
  const opened: string[] = [];
  const session = createSession({
    storage: { tab: memoryStorage(), device: memoryStorage() },
    signIn: async (id) => identityOf(id),
    signOut: async () => {},
    renew: async ({ user }) => ({ user, token: 'renewed' }),
    open: async ({ token }) => {
      opened.push(token);
      const subscribe = (listener: (status: { kind: string }) => void) => {
        listeners.push(listener);
        return () => {};
      };
      return { status: { subscribe }, close: async () => {} } as unknown as LocalDatabase;
    },
  });
  await session.signIn('ada');
  listeners[0]?.({ kind: 'failed' });
  await vi.waitFor(() => expect(opened).toEqual(['token-ada', 'renewed']));
});
