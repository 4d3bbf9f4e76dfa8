import {
  API_PATHS,
  LockstepError,
  migrationsResponseSchema,
  parseVersionHeader,
  type ReplicaMigration,
  type SchemaVersion,
  VERSION_HEADER,
} from '@lockstep/protocol';
import { describeError } from './error-report.ts';
import { versionOf } from './follow.ts';

/** What is applied on the server, oldest first; `unversioned` is a server without our API, such as a bare Electric. */
export type ServerHistory =
  | {
      readonly kind: 'versioned';
      readonly version: SchemaVersion | null;
      readonly migrations: readonly ReplicaMigration[];
    }
  | { readonly kind: 'unversioned' };

export interface HistorySource {
  readonly apiUrl: string;
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Asks the server what is applied. Entries that are local already are not downloaded again.
 * Raises `OFFLINE` when the server can't be reached or can't answer now.
 */
export async function readServerHistory(
  source: HistorySource,
  local: readonly ReplicaMigration[],
): Promise<ServerHistory> {
  const response = await ask(source, API_PATHS.version);
  if (response.status === 404) return { kind: 'unversioned' };
  const version = parseVersionHeader(requireOk(response).headers.get(VERSION_HEADER) ?? '');
  if (version === undefined) return { kind: 'unversioned' };
  if (version === null) return { kind: 'versioned', version, migrations: [] };
  const index = local.findIndex(({ chain }) => chain === version.chain);
  if (index !== -1) return { kind: 'versioned', version, migrations: local.slice(0, index + 1) };
  const migrations = (await readNewer(source, local)) ?? (await readMigrations(source, null));
  return { kind: 'versioned', version: versionOf(migrations), migrations };
}

/** What the server has after the newest local migration; null when the server's history isn't the local one continued. */
async function readNewer(
  source: HistorySource,
  local: readonly ReplicaMigration[],
): Promise<readonly ReplicaMigration[] | null> {
  const newest = local.at(-1);
  if (newest === undefined) return null;
  const response = await ask(source, `${API_PATHS.migrations}?after=${encodeURIComponent(newest.tag)}`);
  if (response.status >= 400 && response.status < 500) return null;
  const newer = await parseMigrations(response);
  const first = newer[0];
  if (first === undefined) return null;
  return (await continuesFrom(newest, first)) ? [...local, ...newer] : null;
}

async function readMigrations(
  source: HistorySource,
  after: string | null,
): Promise<readonly ReplicaMigration[]> {
  const query = after === null ? '' : `?after=${encodeURIComponent(after)}`;
  return parseMigrations(await ask(source, `${API_PATHS.migrations}${query}`));
}

async function parseMigrations(response: Response): Promise<readonly ReplicaMigration[]> {
  const body: unknown = await requireOk(response)
    .json()
    .catch((error: unknown) => {
      throw unreachable(describeError(error));
    });
  return migrationsResponseSchema.parse(body).data.migrations;
}

/** Where the page isn't a secure context, there is no hash function: the numbering has to do. */
async function continuesFrom(before: ReplicaMigration, after: ReplicaMigration): Promise<boolean> {
  if (after.index <= before.index) return false;
  if (globalThis.crypto?.subtle === undefined) return after.index === before.index + 1;
  const bytes = new TextEncoder().encode(`${before.chain}${after.hash}`);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') === after.chain;
}

async function ask(source: HistorySource, path: string): Promise<Response> {
  try {
    return await source.fetch(`${source.apiUrl}${path}`, {
      headers: { ...source.headers },
      cache: 'no-store',
    });
  } catch (error) {
    throw unreachable(describeError(error));
  }
}

function requireOk(response: Response): Response {
  if (response.ok) return response;
  throw unreachable(`it answered ${response.status}`);
}

function unreachable(why: string): LockstepError {
  return new LockstepError('OFFLINE', {
    message: `The server could not be asked for its version: ${why}.`,
    remedy: 'What is here stays usable. It is tried again by itself.',
  });
}
