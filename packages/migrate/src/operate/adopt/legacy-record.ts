import type { Executor } from '../../run/executor/executor.ts';
import type { LegacyMatch } from './match-legacy.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS lockstep.legacy_migrations (
  source text NOT NULL,
  name text NOT NULL,
  hash text,
  applied_at text,
  "row" jsonb NOT NULL,
  tag text,
  imported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (source, name)
)`;

/** Keeps what older runners had written down, and which migration each row was taken for. Their tables stay. */
export async function recordLegacy(tx: Executor, { matched, unmatched }: LegacyMatch): Promise<void> {
  const rows = [...matched, ...unmatched.map((row) => ({ row, tag: null }))];
  if (rows.length === 0) return;
  await tx.exec(TABLE);
  await tx.query(
    `INSERT INTO lockstep.legacy_migrations (source, name, hash, applied_at, "row", tag)
     SELECT r.source, r.name, r.hash, r.applied_at, r."row", r.tag
     FROM jsonb_to_recordset($1::text::jsonb)
       AS r(source text, name text, hash text, applied_at text, "row" jsonb, tag text)
     ON CONFLICT (source, name) DO UPDATE SET tag = excluded.tag`,
    [
      JSON.stringify(
        rows.map(({ row, tag }) => ({
          source: row.source,
          name: row.name,
          hash: row.hash,
          applied_at: row.appliedAt,
          row: JSON.parse(row.row) as unknown,
          tag,
        })),
      ),
    ],
  );
}
