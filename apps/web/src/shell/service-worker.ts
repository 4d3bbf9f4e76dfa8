import type { Observable } from '@lockstep/sync';
import { Workbox } from 'workbox-window';

/** How long a reload waits for a new build to be fetched before it goes ahead without. */
const UPDATE_MS_MAX = 20_000;

export interface AppShellCache {
  /** A newer build is here, or another tab already took it: offer the reload. */
  readonly isUpdateReady: Observable<boolean>;
  /** Reloads into the newest build there is. */
  readonly reload: () => Promise<void>;
}

/**
 * The service worker that keeps the built files, so that a reload without network works. In development there is
 * none, and a reload is a plain one. A build that was already waiting when the page starts takes over at once:
 * a reload by hand is a reload into the new build, too.
 */
export async function startAppShellCache(): Promise<AppShellCache> {
  let isReady = false;
  const listeners = new Set<(isReady: boolean) => void>();
  const isUpdateReady: Observable<boolean> = {
    get: () => isReady,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const offer = () => {
    isReady = true;
    for (const listener of listeners) listener(true);
  };
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) {
    return { isUpdateReady, reload: async () => location.reload() };
  }

  const workbox = new Workbox('/sw.js', { updateViaCache: 'none' });
  const before = await navigator.serviceWorker.getRegistration();
  if (before?.waiting) {
    await takeOver(before);
    location.reload();
    // Nothing else should start in a page that is about to go.
    await new Promise(() => {});
  }
  workbox.addEventListener('waiting', offer);
  // Another tab took the new build: this page's own files may be gone from the cache.
  workbox.addEventListener('controlling', (event) => {
    if (event.isUpdate) offer();
  });
  const registering = workbox.register().catch(() => undefined);

  return {
    isUpdateReady,
    reload: async () => {
      const registration = (await registering) ?? (await navigator.serviceWorker.getRegistration());
      if (registration !== undefined) await within(UPDATE_MS_MAX, fetchAndTakeOver(registration));
      location.reload();
    },
  };
}

async function fetchAndTakeOver(registration: ServiceWorkerRegistration): Promise<void> {
  // Offline, or the server has nothing newer: what waits already, if anything, is the newest.
  await registration.update().catch(() => {});
  if (registration.installing) await settled(registration.installing);
  if (registration.waiting) await takeOver(registration);
}

/** Resolves when the worker is installed, or is thrown away. */
async function settled(worker: ServiceWorker): Promise<void> {
  while (worker.state === 'installing') {
    await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
  }
}

async function takeOver(registration: ServiceWorkerRegistration): Promise<void> {
  const { waiting } = registration;
  if (!waiting) return;
  const activated = new Promise<void>((resolve) => {
    waiting.addEventListener('statechange', () => {
      if (waiting.state === 'activated' || waiting.state === 'redundant') resolve();
    });
  });
  waiting.postMessage({ type: 'SKIP_WAITING' });
  await within(UPDATE_MS_MAX, activated);
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
