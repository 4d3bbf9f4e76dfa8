import { LockstepError } from '@lockstep/protocol';

/** Who named the database. */
export type DatabaseSource = '--database' | 'DATABASE_URL' | 'PG variables' | 'default' | 'drizzle.config';

/** A database that a command is to open. `url` is secret: it may have a password. */
export type DatabaseChoice =
  | { readonly kind: 'server'; readonly url: string; readonly source: DatabaseSource }
  /** A PGlite directory; null is one in memory. */
  | { readonly kind: 'embedded'; readonly directory: string | null; readonly source: DatabaseSource };

export interface DatabaseCandidates {
  /** `--database`. */
  readonly option: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the surroundings would take, in order, if nothing else is said. */
  readonly defaults: readonly { readonly url: string; readonly source: DatabaseSource }[];
}

/**
 * Which database (E4): `--database`, `DATABASE_URL`, the PG variables, then the defaults; the first that is there.
 * Null when nothing names one. Raises CONFIG_INVALID for one that can't be read, without showing it.
 */
export function chooseDatabase({ option, env, defaults }: DatabaseCandidates): DatabaseChoice | null {
  if (option) return parseDatabaseUrl(option, '--database');
  if (env.DATABASE_URL) return parseDatabaseUrl(env.DATABASE_URL, 'DATABASE_URL');
  if (env.PGHOST || env.PGDATABASE)
    return { kind: 'server', url: urlOfVariables(env), source: 'PG variables' };
  const [first] = defaults;
  return first === undefined ? null : parseDatabaseUrl(first.url, first.source);
}

const FORMS = 'postgresql://user:password@host:5432/database, file:directory, or memory:';

/** `postgres://…`, `postgresql://…`, `file:directory`, `memory:`. Raises CONFIG_INVALID. */
export function parseDatabaseUrl(url: string, source: DatabaseSource): DatabaseChoice {
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return { kind: 'server', url, source };
  if (/^memory:(\/\/)?$/.test(url)) return { kind: 'embedded', directory: null, source };
  const directory = /^file:(?:\/\/(?=\/))?(.+)$/.exec(url)?.[1];
  if (directory !== undefined) return { kind: 'embedded', directory, source };
  throw new LockstepError('CONFIG_INVALID', {
    // Never the text itself: it may have a password in it.
    message: `The database that ${source} names can't be read.`,
    remedy: `It has one of these forms: ${FORMS}.`,
  });
}

/** As libpq reads them: PGPORT is 5432, PGUSER postgres and PGDATABASE the user's name unless they are set. */
function urlOfVariables(env: DatabaseCandidates['env']): string {
  const port = Number(env.PGPORT || 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'The environment variable PGPORT is not valid.',
      remedy: 'Set it to a number from 1 to 65535, e.g. 65432 for the migrations proxy.',
    });
  }
  const user = env.PGUSER || 'postgres';
  const host = env.PGHOST || '127.0.0.1';
  const url = new URL(`postgresql://localhost:${port}/${encodeURIComponent(env.PGDATABASE || user)}`);
  if (host.startsWith('/')) url.searchParams.set('host', host);
  else url.hostname = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(env.PGPASSWORD ?? '');
  const sslMode = env.PGSSLMODE || (env.PGSSL === 'true' ? 'require' : '');
  if (sslMode !== '') url.searchParams.set('sslmode', sslMode);
  return url.href;
}
