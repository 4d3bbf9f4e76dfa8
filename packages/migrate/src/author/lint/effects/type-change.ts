import { formatType, type TypeRef } from '../schema/type-ref.ts';

/**
 * What a change of a column's type costs: `none` is a change of the catalogue alone, `time-zone` is one too, provided
 * that the session's time zone is UTC, and `rewrite` writes table and indexes anew.
 */
export type TypeChange = 'same' | 'none' | 'time-zone' | 'rewrite';

/** `null` for a type that isn't known. `hasUsing`: a USING expression that is more than the column itself. */
export function typeChange(before: TypeRef | null, after: TypeRef, hasUsing: boolean): TypeChange {
  if (before === null || hasUsing) return 'rewrite';
  if (formatType(before) === formatType(after)) return 'same';
  if (before.isArray !== after.isArray) return 'rewrite';
  const pair = `${before.name}>${after.name}`;
  const [from, to] = [before.mods, after.mods];
  // An array's elements are converted one by one, also where their bytes stay.
  if (before.isArray) return before.name === after.name && isWider(before, after) ? 'none' : 'rewrite';
  switch (pair) {
    case 'varchar>text':
    case 'text>varchar':
      return to.length === 0 ? 'none' : 'rewrite';
    case 'timestamp>timestamptz':
    case 'timestamptz>timestamp':
      return isWiderTime(from, to) ? 'time-zone' : 'rewrite';
    case 'cidr>inet':
    case 'varbit>varbit':
    case 'varchar>varchar':
    case 'numeric>numeric':
    case 'time>time':
    case 'timetz>timetz':
    case 'timestamp>timestamp':
    case 'timestamptz>timestamptz':
    case 'interval>interval':
      return isWider(before, after) ? 'none' : 'rewrite';
    default:
      return 'rewrite';
  }
}

function isWider(before: TypeRef, after: TypeRef): boolean {
  const { mods: from } = before;
  const { mods: to, name } = after;
  if (to.length === 0) return true;
  if (from.length === 0 || name === 'interval') return false;
  if (name === 'numeric') return (to[0] ?? 0) >= (from[0] ?? 0) && (to[1] ?? 0) === (from[1] ?? 0);
  return (to[0] ?? 0) >= (from[0] ?? 0);
}

/** The precision of a time: none is six digits. */
function isWiderTime(from: readonly number[], to: readonly number[]): boolean {
  return (to[0] ?? 6) >= (from[0] ?? 6);
}
