import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { Executor } from '../../run/executor/executor.ts';
import { pgliteExecutor } from '../../run/executor/pglite.ts';
import { openPostgres } from '../databases.ts';
import type { CrashJob } from './job.ts';

/** A database that processes are killed over, and that is looked at from here in between. */
export interface CrashEngine {
  readonly target: 'server' | 'embedded';
  readonly database: CrashJob['database'];
  /** Empty, as if new. */
  reset(): Promise<void>;
  /** Once nothing of the killed process is left. */
  look<T>(body: (executor: Executor) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const SETTLE_POLL_MS = 5;

export async function postgresEngine(): Promise<CrashEngine> {
  const { executor, url, reset, close } = await openPostgres();
  const settle = async () => {
    for (;;) {
      const [row] = await executor.query<{ left: string }>(
        `SELECT count(*)::text AS left FROM pg_stat_activity
         WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      );
      if (row?.left === '0') break;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
    }
    // The term of the killed runner is over: how it ends by itself is the runners' suite's matter.
    const [lease] = await executor.query<{ found: boolean }>(
      "SELECT to_regclass('lockstep.lease') IS NOT NULL AS found",
    );
    if (lease?.found) await executor.exec('UPDATE lockstep.lease SET expires_at = NULL');
  };
  return {
    target: 'server',
    database: { kind: 'postgres', url: url ?? '' },
    reset: async () => {
      await settle();
      await executor.exec('SET client_min_messages = warning');
      await reset();
    },
    async look(body) {
      await settle();
      return body(executor);
    },
    close,
  };
}

export async function pgliteEngine(): Promise<CrashEngine> {
  const root = mkdtempSync(join(tmpdir(), 'lockstep-crash-'));
  const empty = join(root, 'empty');
  const directory = join(root, 'database');
  await (await PGlite.create(empty)).close();
  return {
    target: 'embedded',
    database: { kind: 'pglite', directory },
    async reset() {
      rmSync(directory, { recursive: true, force: true });
      cpSync(empty, directory, { recursive: true });
    },
    async look(body) {
      const db = await PGlite.create(directory);
      try {
        return await body(pgliteExecutor(db));
      } finally {
        await db.close();
      }
    },
    close: async () => rmSync(root, { recursive: true, force: true }),
  };
}
