import type { Node } from 'libpg-query';
import { visitNodes } from '../schema/references.ts';
import type { Schema } from '../schema/schema.ts';
import { nameParts } from '../schema/type-ref.ts';

/** Functions of Postgres that give one statement one value: a default of them is evaluated once, not for each row. */
const SAFE: ReadonlySet<string> = new Set(
  `now transaction_timestamp statement_timestamp current_setting lower upper length char_length md5 sha256 abs round floor
   ceil coalesce nullif greatest least concat concat_ws substring substr replace trim btrim ltrim rtrim lpad rpad left
   right repeat reverse to_char to_date to_timestamp to_number date_trunc date_part extract make_date make_time
   make_timestamp make_timestamptz make_interval age timezone array_length cardinality array_append array_cat
   array_remove unnest jsonb_build_object jsonb_build_array json_build_object json_build_array to_json to_jsonb
   jsonb_set encode decode convert_from convert_to quote_ident quote_literal format chr ascii int4 int8 text
   numeric date position overlay string_to_array array_to_string current_schema session_user current_database
   txid_current_if_assigned pg_typeof isfinite justify_days justify_hours justify_interval sign mod power sqrt exp ln
   log split_part starts_with translate initcap hashtext like_escape regexp_replace regexp_match bit_length
   octet_length jsonb_array_length json_array_length array_fill array_position tsvector to_tsvector setweight
   to_tsquery plainto_tsquery lower_inc upper_inc isempty int4range int8range numrange daterange tsrange tstzrange`
    .trim()
    .split(/\s+/),
);

/** Names of the functions in an expression that may give each row another value. Unknown ones count. */
export function volatileCalls(schema: Schema, expression: Node | null | undefined): readonly string[] {
  const found = new Set<string>();
  visitNodes([expression], (name, content) => {
    if (name !== 'FuncCall') return;
    const parts = nameParts(content.funcname as Node[] | undefined);
    const last = parts.at(-1) ?? '';
    const key = `${parts.length > 1 ? parts.at(-2) : schema.searchPath}.${last}`;
    const own = schema.routines.get(key);
    if (own === undefined ? !SAFE.has(last) : own.volatility === 'volatile') found.add(last);
  });
  return [...found];
}

/** What gives another value at another time or on another machine, one value a statement or not. */
export function unrepeatableCalls(schema: Schema, expression: unknown): readonly string[] {
  const found = new Set<string>(volatileCalls(schema, expression as Node));
  visitNodes([expression], (name, content) => {
    const last = nameParts(content.funcname as Node[] | undefined).at(-1) ?? '';
    if (
      name === 'FuncCall' &&
      /^(now|transaction_timestamp|statement_timestamp|age|current_setting)$/.test(last)
    )
      found.add(last);
    if (name === 'SQLValueFunction') found.add((content.op as string).replace('SVFOP_', '').toLowerCase());
  });
  return [...found];
}
