/** Repeatable randomness (mulberry32): the same seed gives the same rows on every machine. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  integer(min: number, max: number): number;
  pick<T>(values: readonly T[]): T;
  uuid(): string;
}

export function createRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    integer,
    pick: (values) => values[integer(0, values.length - 1)] as (typeof values)[number],
    uuid: () => formatUuid(Array.from({ length: 16 }, () => integer(0, 255))),
  };
}

/** Sixteen bytes as a version 4 UUID. */
function formatUuid(bytes: readonly number[]): string {
  const marked = bytes.map((byte, i) =>
    i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte,
  );
  const hex = marked.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
