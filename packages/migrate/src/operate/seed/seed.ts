import type { Executor } from '../../run/executor/executor.ts';
import { existingTables } from '../../run/tracking-schema.ts';

/** What a seed module exports as `seed`, or as default. Called in a transaction; safe to be called again. */
export type SeedFunction = (db: Executor) => Promise<void>;

export interface Seed {
  /** What it is called in messages: its file, from the configuration's folder. */
  readonly name: string;
  /** sha256 of the module's text: it isn't run again while that is the same. */
  readonly hash: string;
  readonly run: SeedFunction;
}

/** `before`: this very module was run on this database already. */
export type SeedResult =
  | { readonly kind: 'seeded'; readonly durationMs: number }
  | { readonly kind: 'before'; readonly at: number };

const CREATE_TABLE = `CREATE SCHEMA IF NOT EXISTS lockstep;
  CREATE TABLE IF NOT EXISTS lockstep.seeds (
    name text PRIMARY KEY,
    hash text NOT NULL,
    seeded_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`;

/**
 * Puts default data in (C9), in one transaction with its own record: twice does nothing, and what fails leaves nothing.
 * Two at once on a server wait for each other.
 */
export async function runSeed(
  executor: Executor,
  seed: Seed,
  options: { readonly force?: boolean } = {},
): Promise<SeedResult> {
  const startedAt = performance.now();
  if (!(await existingTables(executor, ['lockstep.seeds'])).has('lockstep.seeds')) {
    await executor.transaction((tx) => tx.exec(CREATE_TABLE));
  }
  return executor.transaction(async (tx): Promise<SeedResult> => {
    await tx.exec('LOCK TABLE lockstep.seeds IN EXCLUSIVE MODE');
    const before = await readSeededAt(tx, seed);
    if (before !== null && options.force !== true) return { kind: 'before', at: before };
    await seed.run(tx);
    await tx.query(
      `INSERT INTO lockstep.seeds (name, hash) VALUES ($1::text, $2::text)
       ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, seeded_at = clock_timestamp()`,
      [seed.name, seed.hash],
    );
    return { kind: 'seeded', durationMs: Math.round(performance.now() - startedAt) };
  });
}

async function readSeededAt(tx: Executor, { name, hash }: Seed): Promise<number | null> {
  const [row] = await tx.query<{ at: string }>(
    `SELECT (extract(epoch FROM seeded_at) * 1000)::bigint::text AS at
     FROM lockstep.seeds WHERE name = $1::text AND hash = $2::text`,
    [name, hash],
  );
  return row === undefined ? null : Number(row.at);
}
