import type { BackfillOptions, ProgramDatabase } from '@lockstep/protocol';
import type { Executor } from '../executor/executor.ts';
import { readBackfillKey } from './backfill-key.ts';
import { type BatchShape, parseTableName, selectBatch, selectRest, updateBatch } from './backfill-sql.ts';
import type { PartProgress } from './progress.ts';

const BATCH_SIZE = 1000;
/** Tables up to this size on disk are counted, larger ones estimated by the planner. */
const COUNT_BYTES_MAX = 32 * 1024 * 1024;

/** A backfill that is ready to go: its next batch, as often as there is one. */
export interface Backfill {
  /** About how many rows there are beyond a key. */
  estimate(executor: Executor, from: PartProgress): Promise<number>;
  /** Does the next batch in a transaction and answers how far it got. Done when there was no row left. */
  next(tx: Executor, from: PartProgress, open: (tx: Executor) => ProgramDatabase): Promise<PartProgress>;
}

/** Raises PROGRAM_INVALID for a table or key that is not there. */
export async function prepareBackfill(executor: Executor, options: BackfillOptions): Promise<Backfill> {
  const { sql: table, alias } = parseTableName(options.table);
  const shape: BatchShape = {
    table,
    alias,
    key: await readBackfillKey(executor, table, options.key),
    where: options.where ?? null,
    limit: options.batchSize ?? BATCH_SIZE,
  };
  return {
    async estimate(from, { key }) {
      const params = key ?? [];
      const [size] = await from.query<{ bytes: string }>(
        `SELECT coalesce(
           (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(to_regclass($1::text))),
           pg_relation_size(to_regclass($1::text))
         )::text AS bytes`,
        [table],
      );
      const isStart = key === null;
      if (Number(size?.bytes) > COUNT_BYTES_MAX) {
        return readPlannedRows(
          await from.query(`EXPLAIN (FORMAT JSON) ${selectRest(shape, isStart, '1')}`, params),
        );
      }
      const [row] = await from.query<{ count: string }>(
        selectRest(shape, isStart, 'count(*)::text AS count'),
        params,
      );
      return Number(row?.count);
    },
    async next(tx, from, open) {
      const params = from.key ?? [];
      const isStart = from.key === null;
      if (options.set !== undefined) {
        const [last] = await tx.query<Record<string, string>>(
          updateBatch(shape, options.set, isStart),
          params,
        );
        if (last === undefined) return { ...from, isDone: true };
        const key = shape.key.map((_, index) => String(last[`k${index}`]));
        return { key, rows: from.rows + Number(last.rows), isDone: false };
      }
      const found = await tx.query<Record<string, unknown>>(selectBatch(shape, isStart), params);
      const lastKey = found.at(-1)?.['lockstep:key'];
      if (typeof lastKey !== 'string') return { ...from, isDone: true };
      const rows = found.map(({ 'lockstep:key': _key, ...row }) => row);
      await options.each(rows, open(tx));
      return { key: JSON.parse(lastKey) as string[], rows: from.rows + rows.length, isDone: false };
    },
  };
}

/** Drivers answer JSON parsed or as text. */
function readPlannedRows(rows: readonly object[]): number {
  const [answer] = rows.flatMap((row) => Object.values(row) as unknown[]);
  const plans = (typeof answer === 'string' ? JSON.parse(answer) : answer) as [
    { readonly Plan: { readonly 'Plan Rows': number } },
  ];
  return plans[0].Plan['Plan Rows'];
}
