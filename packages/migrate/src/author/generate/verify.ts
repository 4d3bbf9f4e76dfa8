import { LockstepError } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { classifyFile } from '../../sql/classify.ts';
import { loadParser } from '../../sql/parser.ts';
import { plainForm } from '../../sql/plain-form.ts';
import { openReplayDatabase } from '../replay-database.ts';
import { type Snapshot, schemaOf } from './snapshot.ts';

export interface VerifiedFile {
  readonly file: string;
  readonly sql: string;
}

/** What the database has otherwise than the snapshot claims, a sentence each. */
export type Disagreements = readonly string[];

/**
 * Replays the history and what was generated on an empty PGlite, and compares the columns with those that the snapshot
 * claims: the next migration would rest on its word. Null where the history before can't be replayed on PGlite.
 * Raises MIGRATION_SYNTAX, and GENERATE_FAILED where the new file itself does not run.
 */
export async function verifyGenerated(
  history: readonly VerifiedFile[],
  generated: VerifiedFile,
  snapshot: Snapshot,
): Promise<Disagreements | null> {
  const db = await openReplayDatabase();
  try {
    try {
      for (const file of history) await replayFile(db, file);
    } catch {
      return null;
    }
    await replayFile(db, generated).catch((cause: unknown) => {
      throw new LockstepError('GENERATE_FAILED', {
        message: `The generated SQL does not run after the migrations before it: ${cause instanceof Error ? cause.message : String(cause)}.`,
        remedy:
          'Nothing was written. Make the change in smaller steps, or write it by hand in a migration of `--custom`.',
        place: { file: generated.file },
        cause,
      });
    });
    return compareColumns(await readColumns(db), claimedColumns(snapshot));
  } finally {
    await db.close();
  }
}

async function replayFile(db: Executor, { file, sql }: VerifiedFile): Promise<void> {
  const statements = classifyFile(await loadParser(), sql, file);
  for (const statement of statements) {
    const plain = plainForm(statement, sql);
    if (plain !== null) await db.exec(plain);
  }
}

type Columns = ReadonlyMap<string, { readonly notNull: boolean; readonly type: string | null }>;

async function readColumns(db: Executor): Promise<Columns> {
  const rows = await db.query<{ key: string; type: string; not_null: string }>(
    `SELECT n.nspname || '.' || c.relname || '.' || a.attname AS key,
       format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull::text AS not_null
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
       AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`,
  );
  return new Map(rows.map((row) => [row.key, { notNull: row.not_null === 'true', type: row.type }]));
}

function claimedColumns(snapshot: Snapshot): Columns {
  return new Map(
    Object.values(snapshot.tables).flatMap((table) =>
      Object.values(table.columns).map((column) => [
        `${schemaOf(table)}.${table.name}.${column.name}`,
        { notNull: column.notNull, type: null },
      ]),
    ),
  );
}

/** Tables and columns that only hand-written SQL knows are nobody's claim. */
function compareColumns(actual: Columns, claimed: Columns): Disagreements {
  return [...claimed].flatMap(([key, claim]) => {
    const column = actual.get(key);
    if (column === undefined) return [`${key} is missing`];
    if (claim.notNull && !column.notNull) return [`${key} can be null`];
    return [];
  });
}
