import type { MigrationBundle } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { readApplied } from '../../run/tracking.ts';
import { existingTables } from '../../run/tracking-schema.ts';
import { statusOf } from '../status/status.ts';
import { type Drift, readDrift } from './drift.ts';
import { readSizes, type Sizes } from './sizes.ts';

/** What a database says about itself for a bug report. No rows, no host, no user, no password. */
export interface DatabaseReport {
  readonly engine: 'postgres' | 'pglite';
  /** `18.4`, without what the distribution adds. */
  readonly version: string;
  readonly encoding: string;
  readonly collation: string;
  readonly extensions: readonly string[];
  readonly state: ReturnType<typeof statusOf>['kind'];
  readonly migrations: readonly ReportedMigration[];
  /** Applied there and not in this checkout. */
  readonly unknown: readonly string[];
  /** A runner holds the lease at this moment. */
  readonly isBeingMigrated: boolean;
  readonly drift: Drift;
  readonly sizes: Sizes;
}

export interface ReportedMigration {
  readonly tag: string;
  readonly state: string;
  /** ISO 8601; null where it isn't applied or nobody wrote it down. */
  readonly appliedAt: string | null;
  readonly durationMs: number | null;
}

/** Reads it (C10). Changes nothing. */
export async function reportDatabase(
  executor: Executor,
  bundle: MigrationBundle,
  target: 'server' | 'embedded',
): Promise<DatabaseReport> {
  const applied = await readApplied(executor);
  const status = statusOf(bundle, applied);
  const [facts] = await executor.query<{ version: string; encoding: string; collation: string }>(
    `SELECT split_part(current_setting('server_version'), ' ', 1) AS version, getdatabaseencoding() AS encoding,
       datcollate AS collation FROM pg_database WHERE datname = current_database()`,
  );
  const extensions = await executor.query<{ extension: string }>(
    `SELECT extname || ' ' || extversion AS extension FROM pg_extension ORDER BY extname`,
  );
  return {
    engine: executor.capabilities.isShared ? 'postgres' : 'pglite',
    version: facts?.version ?? 'unknown',
    encoding: facts?.encoding ?? 'unknown',
    collation: facts?.collation ?? 'unknown',
    extensions: extensions.map(({ extension }) => extension),
    state: status.kind,
    migrations: [...status.migrations].map(([tag, found]) => ({
      tag,
      state: found.kind,
      appliedAt: found.kind === 'applied' && found.at !== null ? new Date(found.at).toISOString() : null,
      durationMs: found.kind === 'applied' ? found.durationMs : null,
    })),
    unknown: status.unknown,
    isBeingMigrated: await isBeingMigrated(executor),
    drift: await readDrift(executor, bundle, status, target),
    sizes: await readSizes(executor),
  };
}

/** Not by whom: a holder's name may be a machine's. */
async function isBeingMigrated(executor: Executor): Promise<boolean> {
  if ((await existingTables(executor, ['lockstep.lease'])).size === 0) return false;
  const held = await executor.query(
    'SELECT FROM lockstep.lease WHERE holder IS NOT NULL AND expires_at > clock_timestamp()',
  );
  return held.length > 0;
}
