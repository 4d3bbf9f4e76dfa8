/** What one gateway allows. Times in milliseconds, sizes in bytes. */
export interface GatewayLimits {
  /** Size of a multiplexed request. */
  readonly bodyBytes: number;
  /** Shapes in a multiplexed request. */
  readonly shapesPerRound: number;
  /** Multiplexed requests that one viewer may have open, over all devices. */
  readonly roundsPerViewer: number;
  /** A multiplexed request is answered after this time, also when nothing happened. Electric itself answers after 20 s. */
  readonly roundMs: number;
  /** How long a round waits for other shapes once one has something, so that a transaction over tables is one answer. */
  readonly settleMs: number;
  /** How long a live poll to Electric goes on when nobody waits for it: until its client asks again. */
  readonly keepMs: number;
  /** How long a request is held while Electric has not noticed a migration yet, and how often it is asked meanwhile. */
  readonly behindMs: number;
  readonly behindRetryMs: number;
  /** How long Electric may take until its answer begins. A live poll takes 20 s, a slow snapshot 30 s. */
  readonly upstreamMs: number;
}

export const GATEWAY_LIMITS: GatewayLimits = {
  bodyBytes: 1024 * 1024,
  shapesPerRound: 100,
  roundsPerViewer: 16,
  roundMs: 25_000,
  settleMs: 10,
  keepMs: 2_000,
  behindMs: 5_000,
  behindRetryMs: 250,
  upstreamMs: 60_000,
};
