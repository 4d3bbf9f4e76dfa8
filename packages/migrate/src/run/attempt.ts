/**
 * A statement outside of transactions that was begun, as it is recorded before: whoever comes after can tell what it
 * left behind from what was there.
 */
export interface Attempt {
  /** From 1, as the migration's statements count. */
  readonly statement: number;
  /** OIDs of the indexes that it could be taken for, and that were there before it. */
  readonly indexes: readonly string[];
}

/** Reads what our own tracking row holds. */
export function parseAttempt(stored: object): Attempt {
  const { statement, indexes } = stored as Record<string, unknown>;
  if (!Number.isInteger(statement) || !Array.isArray(indexes)) {
    throw new TypeError(`lockstep.migrations.attempt holds something else: ${JSON.stringify(stored)}`);
  }
  return { statement: Number(statement), indexes: indexes.map(String) };
}
