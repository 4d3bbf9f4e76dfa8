/** A value of a write as `pg` sends it: text that Postgres reads as the column's own type. `type` is Postgres's name of it. */
export function encodeValue(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'json' || type === 'jsonb') return JSON.stringify(value);
  if (value instanceof Date) return value.toISOString();
  // `pg` writes arrays as Postgres's array literals.
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
