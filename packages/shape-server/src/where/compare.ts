import type { Value } from './types.ts';

/** Negative, zero or positive, in the order of Postgres for values of one family: NaN greatest, text bytewise. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b);
  if (a < b) return -1;
  if (a > b) return 1;
  const aIsNaN = Number.isNaN(a);
  const bIsNaN = Number.isNaN(b);
  return aIsNaN === bIsNaN ? 0 : aIsNaN ? 1 : -1;
}

export function isEqual(a: Value, b: Value): boolean {
  return compareValues(a, b) === 0;
}

/** By code point, which is the order of the UTF-8 bytes. JavaScript's own order differs above U+FFFF. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for the code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** NULL is equal to NULL and greater than anything, as in array comparison. */
function compareArrays(a: readonly (Value | null)[], b: readonly (Value | null)[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const x = a[index] as Value | null;
    const y = b[index] as Value | null;
    if (x === null || y === null) {
      if (x !== y) return x === null ? 1 : -1;
      continue;
    }
    const order = compareValues(x, y);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
