import type { Executor } from '../../run/executor/executor.ts';
import { existingTables } from '../../run/tracking-schema.ts';
import type { UndoneMigration } from './plan-rollback.ts';

/** A migration that was undone once. Never deleted. */
export interface RecordedRollback {
  readonly tag: string;
  readonly hash: string;
  /** When it had been applied, and when it was undone; milliseconds since 1970. The latter null while it is under way. */
  readonly appliedAt: number;
  readonly undoneAt: number | null;
  /** The database user, and what the connection calls itself. */
  readonly by: string;
  readonly application: string | null;
  /** It was said that data may be lost. */
  readonly acceptedLoss: boolean;
}

const TABLE = `CREATE TABLE IF NOT EXISTS lockstep.rollbacks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tag text NOT NULL,
  hash text NOT NULL,
  entry jsonb NOT NULL,
  applied_at timestamptz NOT NULL,
  began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  undone_at timestamptz,
  by_user text NOT NULL DEFAULT session_user,
  application text DEFAULT nullif(current_setting('application_name'), ''),
  accepted_loss boolean NOT NULL,
  step integer NOT NULL
)`;

/** How many statements of its down are done: more than none where a run was interrupted. */
export async function readProgress(executor: Executor, { migration }: UndoneMigration): Promise<number> {
  if ((await existingTables(executor, ['lockstep.rollbacks'])).size === 0) return 0;
  const [row] = await executor.query<{ step: number }>(
    'SELECT step FROM lockstep.rollbacks WHERE tag = $1::text AND hash = $2::text AND undone_at IS NULL',
    [migration.tag, migration.hash],
  );
  return row?.step ?? 0;
}

/** Writes how far a down got; `isDone`: to its end. In the transaction of those statements. */
export async function recordRollback(
  tx: Executor,
  { migration, appliedAt }: UndoneMigration,
  progress: { readonly step: number; readonly isDone: boolean; readonly acceptedLoss: boolean },
): Promise<void> {
  await tx.exec(TABLE);
  await tx.query(
    `WITH updated AS (
       UPDATE lockstep.rollbacks SET step = $5::text::integer,
         undone_at = CASE WHEN $6::text::boolean THEN clock_timestamp() END
       WHERE tag = $1::text AND hash = $2::text AND undone_at IS NULL RETURNING 1
     )
     INSERT INTO lockstep.rollbacks (tag, hash, entry, applied_at, step, undone_at, accepted_loss)
     SELECT $1::text, $2::text, $3::text::jsonb, to_timestamp($4::text::double precision / 1000), $5::text::integer,
       CASE WHEN $6::text::boolean THEN clock_timestamp() END, $7::text::boolean
     WHERE NOT EXISTS (SELECT FROM updated)`,
    [
      migration.tag,
      migration.hash,
      JSON.stringify(migration),
      String(appliedAt),
      String(progress.step),
      String(progress.isDone),
      String(progress.acceptedLoss),
    ],
  );
}

/** D3: every rollback that this database has seen, oldest first. */
export async function readRollbacks(executor: Executor): Promise<readonly RecordedRollback[]> {
  if ((await existingTables(executor, ['lockstep.rollbacks'])).size === 0) return [];
  const rows = await executor.query<Record<string, string | null>>(
    `SELECT tag, hash, (extract(epoch FROM applied_at) * 1000)::bigint::text AS applied,
       (extract(epoch FROM undone_at) * 1000)::bigint::text AS undone, by_user AS by, application,
       accepted_loss::text AS loss
     FROM lockstep.rollbacks AS r ORDER BY r.id`,
  );
  return rows.map((row) => ({
    tag: String(row.tag),
    hash: String(row.hash),
    appliedAt: Number(row.applied),
    undoneAt: row.undone === null ? null : Number(row.undone),
    by: String(row.by),
    application: row.application ?? null,
    acceptedLoss: row.loss === 'true',
  }));
}
