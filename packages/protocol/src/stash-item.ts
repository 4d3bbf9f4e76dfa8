import * as z from 'zod';

const stashTableSchema = z.object({ schema: z.string(), name: z.string() });

/**
 * What a step in one direction would lose of one table, decided while compiling: it is moved into a stash before, and the
 * step in the other direction brings it back. `from` is the table where it is lost, `to` the table afterwards, null where
 * it is dropped as a whole. All names as they are on that side.
 */
export const stashItemSchema = z.object({
  from: stashTableSchema,
  to: stashTableSchema.nullable(),
  /** By which rows are found again; none for a dropped table. Both names, for a column may be renamed on the way. */
  match: z.array(z.object({ from: z.string(), to: z.string() })),
  /** The matched columns tell rows apart. Otherwise equal rows are told apart by their number only. */
  isKey: z.boolean(),
  columns: z.array(
    z.object({
      from: z.string(),
      /** Null where the column is dropped; a name where its type is changed with loss. */
      to: z.string().nullable(),
      /** The type on the side of `from`, as SQL. */
      type: z.string(),
      /** Postgres's `attidentity`: `a` always, `d` by default; null for an ordinary column. */
      identity: z.enum(['a', 'd']).nullable(),
    }),
  ),
});
export type StashItem = z.infer<typeof stashItemSchema>;
