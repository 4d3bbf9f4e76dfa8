import { LockstepError } from '@lockstep/protocol';

/** The database name that older set-ups of Electric use: it means the configured one. */
export const PROXY_DATABASE = 'electric';

export interface ProxyUrlParts {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** `electric` by default, which means the database of the upstream URL. */
  readonly database?: string | undefined;
  /** Any name is accepted; `postgres` by default. */
  readonly user?: string | undefined;
}

/** A connection string for a client of the proxy, e.g. `postgresql://postgres:secret@127.0.0.1:65432/electric`. */
export function formatProxyUrl(parts: ProxyUrlParts): string {
  const user = encodeURIComponent(parts.user ?? 'postgres');
  const host = parts.host.includes(':') ? `[${parts.host}]` : parts.host;
  const database = encodeURIComponent(parts.database ?? PROXY_DATABASE);
  return `postgresql://${user}:${encodeURIComponent(parts.password)}@${host}:${parts.port}/${database}`;
}

/** Where Postgres is, as people may read it: without the password. */
export interface UpstreamAddress {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** Throws CONFIG_INVALID, never repeating the URL, since it holds a password. */
export function parseUpstreamUrl(url: string): UpstreamAddress {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const isPostgres = parsed?.protocol === 'postgres:' || parsed?.protocol === 'postgresql:';
  const database = decodeURIComponent(parsed?.pathname.slice(1) ?? '');
  if (parsed === null || !isPostgres || parsed.hostname === '' || database === '') {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'The URL of the Postgres behind the proxy is not a Postgres URL with a host and a database.',
      remedy: 'Set DATABASE_URL to the form postgresql://user:password@host:5432/database.',
    });
  }
  return {
    url,
    host: parsed.hostname,
    port: parsed.port === '' ? 5432 : Number(parsed.port),
    database,
    user: decodeURIComponent(parsed.username),
  };
}

/** The database upstream that a client's start-up packet means. Other names pass as they are, so that tools can create databases. */
export function upstreamDatabase(requested: string | null, address: UpstreamAddress): string {
  return requested === null || requested === PROXY_DATABASE ? address.database : requested;
}
