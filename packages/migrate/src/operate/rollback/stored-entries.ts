import { type Migration, migrationSchema } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { existingTables } from '../../run/tracking-schema.ts';

/** An applied migration with the entry that was stored when it was applied (decision 7): its files may be gone. */
export interface StoredEntry {
  readonly tag: string;
  readonly index: number;
  readonly hash: string;
  readonly chain: string;
  /** Milliseconds since 1970. */
  readonly appliedAt: number;
  /** Which one it was to be applied, growing. */
  readonly position: number;
  readonly isUnfinished: boolean;
  /** Null where what is stored is no whole entry: of another version of this engine, or altered. */
  readonly migration: Migration | null;
}

/** In the order of the history; empty where nothing was ever applied. */
export async function readStoredEntries(executor: Executor): Promise<readonly StoredEntry[]> {
  if ((await existingTables(executor, ['lockstep.migrations'])).size === 0) return [];
  const rows = await executor.query<Record<string, string | null>>(
    `SELECT id::text AS id, tag, index::text AS index, hash, chain, step::text AS step, entry::text AS entry,
       (extract(epoch FROM applied_at) * 1000)::bigint::text AS at
     FROM lockstep.migrations AS m ORDER BY m.index, m."when", m.tag`,
  );
  return rows.map(({ id, tag, index, hash, chain, step, entry, at }) => ({
    tag: String(tag),
    index: Number(index),
    hash: String(hash),
    chain: String(chain),
    appliedAt: Number(at),
    position: Number(id),
    isUnfinished: step !== null,
    migration: readEntry(String(entry)),
  }));
}

function readEntry(text: string): Migration | null {
  const parsed = migrationSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}
