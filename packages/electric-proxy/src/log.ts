/** What happens in the proxy, one event a line. No password, no query text and no bound value is ever in one. */
export type ProxyEvent =
  | { readonly kind: 'listening'; readonly host: string; readonly port: number }
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'connected';
      readonly connection: number;
      readonly user: string;
      readonly database: string;
    }
  | { readonly kind: 'disconnected'; readonly connection: number; readonly why: string }
  /** A client that didn't get as far as a session. */
  | { readonly kind: 'refused'; readonly connection: number; readonly code: string; readonly why: string }
  | { readonly kind: 'cancelled'; readonly connection: number; readonly isKnown: boolean }
  | { readonly kind: 'catalogue-installed'; readonly database: string; readonly version: number }
  | {
      readonly kind: 'catalogue-failed';
      readonly database: string;
      readonly code: string;
      readonly why: string;
    }
  /** The statement succeeded; its transaction may still be rolled back. */
  | {
      readonly kind: 'electric';
      readonly connection: number;
      readonly statement: 'enable-electric' | 'disable-electric';
      readonly table: string;
    }
  | { readonly kind: 'not-inspected'; readonly connection: number; readonly bytes: number };

export type ProxyLog = (event: ProxyEvent) => void;

/** Totals since the start, and what is open now. */
export interface ProxyCounters {
  /** Clients now, those that are still logging in included. */
  readonly open: number;
  /** Sessions with Postgres behind them, now. */
  readonly sessions: number;
  readonly accepted: number;
  readonly refused: number;
  readonly cancelled: number;
  /** ENABLE and DISABLE ELECTRIC statements that succeeded. */
  readonly electric: number;
}

export type MutableCounters = { -readonly [Name in keyof ProxyCounters]: number };

export function createCounters(): MutableCounters {
  return { open: 0, sessions: 0, accepted: 0, refused: 0, cancelled: 0, electric: 0 };
}
