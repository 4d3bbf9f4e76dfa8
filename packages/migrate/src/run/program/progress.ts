import type { Executor } from '../executor/executor.ts';

/** How far a part of a program got: a step that is done, or a backfill with the key that it reached. */
export interface PartProgress {
  /** A text for each column of the key; null at the start, and for a step. */
  readonly key: readonly string[] | null;
  readonly rows: number;
  readonly isDone: boolean;
}

/** By the name of the part. */
export type ProgramProgress = ReadonlyMap<string, PartProgress>;

const TABLE = 'lockstep.program_progress';

/** Creates the table. The lease keeps other runners away. */
export async function ensureProgress(tx: Executor): Promise<void> {
  await tx.exec(`CREATE TABLE IF NOT EXISTS ${TABLE} (
    hash text NOT NULL,
    part text NOT NULL,
    key jsonb,
    rows bigint NOT NULL,
    is_done boolean NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (hash, part)
  )`);
}

/** By the hash of the migration's file, which stays when it is renumbered. */
export async function readProgress(executor: Executor, hash: string): Promise<ProgramProgress> {
  const rows = await executor.query<{ part: string; key: string | null; rows: string; done: string }>(
    `SELECT part, key::text AS key, rows::text AS rows, is_done::text AS done FROM ${TABLE} WHERE hash = $1::text`,
    [hash],
  );
  return new Map(
    rows.map(({ part, key, rows: count, done }) => [
      part,
      {
        key: key === null ? null : (JSON.parse(key) as string[]),
        rows: Number(count),
        isDone: done === 'true',
      },
    ]),
  );
}

/** In the transaction whose work it tells of. */
export async function writeProgress(
  tx: Executor,
  hash: string,
  part: string,
  { key, rows, isDone }: PartProgress,
): Promise<void> {
  await tx.query(
    `INSERT INTO ${TABLE} (hash, part, key, rows, is_done)
     VALUES ($1::text, $2::text, $3::text::jsonb, $4::text::bigint, $5::text::boolean)
     ON CONFLICT (hash, part) DO UPDATE
     SET key = excluded.key, rows = excluded.rows, is_done = excluded.is_done, updated_at = clock_timestamp()`,
    [hash, part, key === null ? null : JSON.stringify(key), String(rows), String(isDone)],
  );
}

/** When the migration is whole: undone and run again, it begins at its beginning. */
export async function forgetProgress(tx: Executor, hash: string): Promise<void> {
  await tx.query(`DELETE FROM ${TABLE} WHERE hash = $1::text`, [hash]);
}
