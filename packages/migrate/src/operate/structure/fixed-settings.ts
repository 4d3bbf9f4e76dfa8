import type { Executor } from '../../run/executor/executor.ts';

/** All that decides how Postgres writes names and constants down; and no JIT, which costs more than these queries. */
const SETTINGS: Readonly<Record<string, string>> = {
  search_path: '',
  quote_all_identifiers: 'off',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  lc_monetary: 'C',
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
};

const names = Object.keys(SETTINGS);

/** Runs with these settings and puts back what was there, for the rest of the transaction. */
export async function withFixedSettings<T>(tx: Executor, body: () => Promise<T>): Promise<T> {
  const before = await apply(
    tx,
    names.map((name) => SETTINGS[name] ?? ''),
  );
  const result = await body();
  await apply(tx, before);
  return result;
}

/** Sets them all and says what they were. */
async function apply(tx: Executor, values: readonly string[]): Promise<readonly string[]> {
  const [row] = await tx.query<{ before: string; after: string }>(
    `WITH wanted AS MATERIALIZED (
       SELECT w.name, w.value, w.position, current_setting(w.name) AS before
       FROM json_to_recordset($1::text::json) AS w(name text, value text, position integer)
     ), found AS MATERIALIZED (SELECT json_agg(before ORDER BY position)::text AS before FROM wanted)
     SELECT found.before, (SELECT count(set_config(name, value, true)) FROM wanted)::text AS after FROM found`,
    [JSON.stringify(names.map((name, position) => ({ name, value: values[position], position })))],
  );
  return JSON.parse(row?.before ?? '[]') as string[];
}
