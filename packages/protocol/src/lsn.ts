/** A position in Postgres's write-ahead log, as an unsigned 64-bit number. Made by `parseLsn` only. */
export type Lsn = bigint & { readonly __brand: 'Lsn' };

export const LSN_ZERO = 0n as Lsn;

/** Reads `16/B374D848` (Postgres) or `97500059720` (Electric). Throws a RangeError on anything else. */
export function parseLsn(text: string): Lsn {
  const hex = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text);
  if (hex) return ((BigInt(`0x${hex[1]}`) << 32n) | BigInt(`0x${hex[2]}`)) as Lsn;
  if (/^\d{1,20}$/.test(text)) return BigInt(text) as Lsn;
  throw new RangeError(`Not an LSN: ${JSON.stringify(text)}`);
}

/** `16/B374D848`, as Postgres writes it. */
export function formatLsn(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffffffffn).toString(16).toUpperCase()}`;
}

/**
 * A position in a shape's log: before everything, "from now on", or after operation `operation` of the
 * transaction committed at `lsn`. Snapshot chunks have the virtual `lsn` 0; `operation` Infinity is their end.
 */
export type Offset =
  | { readonly kind: 'start' }
  | { readonly kind: 'now' }
  | { readonly kind: 'at'; readonly lsn: Lsn; readonly operation: number };

/** Reads `-1`, `now`, `26800584_3` or `0_inf`; null when the text is none of them. */
export function parseOffset(text: string): Offset | null {
  if (text === '-1') return { kind: 'start' };
  if (text === 'now') return { kind: 'now' };
  const match = /^(\d{1,20})_(\d{1,15}|inf)$/.exec(text);
  if (!match) return null;
  const operation = match[2] === 'inf' ? Number.POSITIVE_INFINITY : Number(match[2]);
  return { kind: 'at', lsn: BigInt(match[1] as string) as Lsn, operation };
}

export function formatOffset(offset: Offset): string {
  if (offset.kind === 'start') return '-1';
  if (offset.kind === 'now') return 'now';
  return `${offset.lsn}_${offset.operation === Number.POSITIVE_INFINITY ? 'inf' : offset.operation}`;
}

/** Negative, zero or positive, as for `Array.prototype.sort`. Both must be of kind `at`. */
export function compareOffsets(
  a: Extract<Offset, { kind: 'at' }>,
  b: Extract<Offset, { kind: 'at' }>,
): number {
  if (a.lsn !== b.lsn) return a.lsn < b.lsn ? -1 : 1;
  if (a.operation === b.operation) return 0;
  return a.operation < b.operation ? -1 : 1;
}
