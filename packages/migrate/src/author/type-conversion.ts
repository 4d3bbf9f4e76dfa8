import type { ColumnInfo } from './introspection.ts';

/** From each type to those that take all of its values, without a length or precision. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  smallint: ['integer', 'bigint', 'numeric', 'real', 'double precision'],
  integer: ['bigint', 'numeric', 'double precision'],
  bigint: ['numeric'],
  real: ['double precision'],
  date: ['timestamp without time zone'],
  jsonb: ['json'],
  text: ['character varying'],
};

/** Whether every value of a column's old type is one of the new: `"c"::new` can't fail. */
export function isTotalConversion(before: ColumnInfo, after: ColumnInfo): boolean {
  if (after.type === 'text') return true;
  if (before.type.startsWith('character varying') && after.type === 'character varying') return true;
  return WIDER[before.type]?.includes(after.type) ?? false;
}
