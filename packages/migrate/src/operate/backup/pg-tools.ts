import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { runProgram } from './run-program.ts';

/** A folder with pg_dump and pg_restore of one version. */
export interface PgTools {
  readonly pgDump: string;
  readonly pgRestore: string;
  readonly major: number;
  /** `15.18`. */
  readonly version: string;
}

export interface PgToolsOptions {
  /** The only folder to look in. */
  readonly pgBin?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/**
 * Finds the pg_dump for a server: of its own major version, or else of the next newer one, for an older pg_dump refuses
 * a newer server. Raises BACKUP_TOOL_MISSING, which says what was found and what to install.
 */
export async function findPgTools(serverMajor: number, options: PgToolsOptions = {}): Promise<PgTools> {
  const found = await listPgTools(options);
  const fitting = found.filter(({ major }) => major >= serverMajor).sort((a, b) => a.major - b.major);
  const [best] = fitting;
  if (best !== undefined) return best;
  const others = found.map(({ version, pgDump }) => `${version} (${pgDump})`);
  throw new LockstepError('BACKUP_TOOL_MISSING', {
    message:
      others.length === 0
        ? `The server is Postgres ${serverMajor}, and there is no pg_dump.`
        : `The server is Postgres ${serverMajor}, and pg_dump is older: ${others.join(', ')}.`,
    remedy: `Install the client programs of Postgres ${serverMajor} or newer (Debian: postgresql-client-${serverMajor} of apt.postgresql.org; macOS: libpq of Homebrew), or set PG_BIN to their folder; or set backup.kind to 'restore-point' or 'external'.`,
    details: { serverMajor, found: found.map(({ version }) => version) },
  });
}

async function listPgTools({ pgBin, env = process.env }: PgToolsOptions): Promise<readonly PgTools[]> {
  const folders = pgBin === undefined ? await usualFolders(env) : [pgBin];
  const found = await Promise.all([...new Set(folders)].map(inspect));
  return found.filter((tools) => tools !== null);
}

async function usualFolders(env: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  if (env.PG_BIN) return [env.PG_BIN];
  // A distribution keeps several versions apart from each other, and none or a chooser on the PATH.
  const versioned = [
    ['/usr/lib/postgresql', 'bin'],
    ['/usr/local/opt', 'bin'],
    ['/opt/homebrew/opt', 'bin'],
    ['C:\\Program Files\\PostgreSQL', 'bin'],
  ] as const;
  const below = versioned.map(async ([parent, bin]) => {
    const names = await readdir(parent).catch(() => []);
    return names.filter((name) => /^\d|^postgresql|^libpq/.test(name)).map((name) => join(parent, name, bin));
  });
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...(await Promise.all(below)).flat(), ...path];
}

async function inspect(folder: string): Promise<PgTools | null> {
  const [pgDump, pgRestore] = [join(folder, `pg_dump${SUFFIX}`), join(folder, `pg_restore${SUFFIX}`)];
  const run = await runProgram(pgDump, ['--version']).catch(() => null);
  const version = /\(PostgreSQL\) (\d+(?:\.\d+)*)/.exec(run?.stdout ?? '')?.[1];
  if (version === undefined) return null;
  return { pgDump, pgRestore, major: Number.parseInt(version, 10), version };
}
