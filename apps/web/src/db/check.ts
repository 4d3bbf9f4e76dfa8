import { validators, type WritableTable } from '@org/core';

/** What the application's own check says of a column's new value, by property name; null when it is fine. */
export function checkValue(table: WritableTable, property: string, value: unknown): string | null {
  const result = validators[table].update.safeParse({ [property]: value });
  return result.success ? null : (result.error.issues[0]?.message ?? 'This value does not fit.');
}
