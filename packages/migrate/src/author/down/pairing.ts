/** The same objects before and after a migration, and those that only one side has. */
export interface Pairing<T> {
  readonly pairs: readonly { readonly before: T; readonly after: T }[];
  readonly onlyBefore: readonly T[];
  readonly onlyAfter: readonly T[];
}

/**
 * Pairs by OID, and what is left by `likeness`: Postgres makes the indexes of a column anew when the column's type
 * changes, and a migration may drop and create the very same view.
 */
export function pairObjects<T extends { readonly oid: number }>(
  before: readonly T[],
  after: readonly T[],
  likeness: (object: T) => string = ({ oid }) => `#${oid}`,
): Pairing<T> {
  const byOid = pairBy(before, after, ({ oid }) => String(oid));
  const alike = pairBy(byOid.onlyBefore, byOid.onlyAfter, likeness);
  return { ...alike, pairs: [...byOid.pairs, ...alike.pairs] };
}

export function pairBy<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (object: T) => string,
): Pairing<T> {
  const left = new Map(after.map((object) => [keyOf(object), object]));
  const pairs: { before: T; after: T }[] = [];
  const onlyBefore: T[] = [];
  for (const object of before) {
    const key = keyOf(object);
    const other = left.get(key);
    left.delete(key);
    if (other === undefined) onlyBefore.push(object);
    else pairs.push({ before: object, after: other });
  }
  return { pairs, onlyBefore, onlyAfter: [...left.values()] };
}
