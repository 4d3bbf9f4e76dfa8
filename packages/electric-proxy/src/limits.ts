import { LockstepError } from '@lockstep/protocol';

/** Every limit of the proxy. */
export interface ProxyLimits {
  /** Clients at a time, those that are still logging in included. */
  readonly connectionsMax: number;
  /** A packet from a client that has not proven the password yet. */
  readonly handshakeBytesMax: number;
  /** From accepting a client to its first query, the log-in to Postgres included. */
  readonly handshakeMs: number;
  /** Longer queries are passed on as they come, without looking for ENABLE ELECTRIC in them. */
  readonly interceptBytesMax: number;
  /** Installing the `electric` schema: connecting and waiting for locks. */
  readonly catalogueMs: number;
  /** How long Postgres may go on answering a client that is gone, before its connection is cut. */
  readonly drainMs: number;
  /** How long `close()` lets clients leave by themselves. */
  readonly closeGraceMs: number;
}

export const PROXY_LIMITS: ProxyLimits = {
  connectionsMax: 100,
  handshakeBytesMax: 10_000,
  handshakeMs: 15_000,
  interceptBytesMax: 64 * 1024 * 1024,
  catalogueMs: 10_000,
  drainMs: 5_000,
  closeGraceMs: 250,
};

/** Throws CONFIG_INVALID for a limit that is not a positive whole number. */
export function resolveLimits(given: Partial<ProxyLimits> | undefined): ProxyLimits {
  const limits = { ...PROXY_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new LockstepError('CONFIG_INVALID', {
      message: `The proxy's limit ${name} is ${value}.`,
      remedy: 'Give it a positive whole number.',
    });
  }
  return limits;
}
