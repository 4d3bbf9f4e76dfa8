import { setTimeout as delay } from 'node:timers/promises';
import { isPortFree } from '@lockstep/local-postgres';
import { LockstepError } from '@lockstep/protocol';
import type { StackSettings } from './settings.ts';

interface PortOwner {
  readonly part: string;
  readonly port: number;
  /** The environment variable that moves the part to another port. */
  readonly variable: string;
}

const POLL_MS = 100;

/** The parts that listen, with these settings. */
export function portOwners(settings: StackSettings) {
  const { ports } = settings;
  return {
    postgres: { part: 'Postgres', port: ports.postgres, variable: 'POSTGRES_PORT' },
    proxy: { part: 'The migrations proxy', port: ports.proxy, variable: 'PG_PROXY_PORT' },
    electric: { part: 'The shape server', port: ports.electric, variable: 'ELECTRIC_PORT' },
    api: { part: 'The API', port: ports.api, variable: 'API_PORT' },
    web: { part: 'The web app', port: ports.web, variable: 'WEB_PORT' },
  } as const;
}

/**
 * Throws PORT_IN_USE unless every port is free, or becomes so within `patienceMs`. Asked before anything starts: the
 * answer comes at once, and nothing has to be stopped.
 */
export async function requireFreePorts(owners: readonly PortOwner[], patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (const owner of owners) {
    while (!(await isPortFree(owner.port))) {
      if (Date.now() >= deadline) throw portInUse(owner);
      await delay(POLL_MS);
    }
  }
}

/** Runs a start; a port that somebody else has, or that this user may not open, becomes an error with the way out. */
export async function explainBusyPort<T>(owner: PortOwner, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (isBusyPort(error)) throw portInUse(owner, error);
    throw error;
  }
}

function portInUse({ part, port, variable }: PortOwner, cause?: unknown): LockstepError {
  return new LockstepError('PORT_IN_USE', {
    message: `${part} needs port ${port}, which another program uses.`,
    remedy: `Stop that program, or start with another port: ${variable}=${port + 1} pnpm dev`,
    cause,
  });
}

function isBusyPort(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : null;
  return code === 'EADDRINUSE' || code === 'PORT_IN_USE' || isBusyPort(error.cause);
}
