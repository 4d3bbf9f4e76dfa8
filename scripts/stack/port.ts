import { createServer } from 'node:net';
import { LockstepError } from '@lockstep/protocol';

interface PortOwner {
  readonly part: string;
  readonly port: number;
  /** The environment variable that moves the part to another port. */
  readonly variable: string;
}

/** Runs a start; a port that somebody else has becomes PORT_IN_USE with the way out. */
export async function explainBusyPort<T>(owner: PortOwner, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (!isBusyPort(error)) throw error;
    throw new LockstepError('PORT_IN_USE', {
      message: `${owner.part} needs port ${owner.port}, which another program uses.`,
      remedy: `Stop that program, or start with another port: ${owner.variable}=${owner.port + 1} pnpm dev`,
      cause: error,
    });
  }
}

function isBusyPort(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : null;
  return code === 'EADDRINUSE' || code === 'PORT_IN_USE' || isBusyPort(error.cause);
}

/** True when something listens on the port of 127.0.0.1. */
export function isPortTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}
