import type { RowValues } from '../source/source.ts';

/** A where clause that was understood: the same condition for Postgres and for the rows of the stream. */
export interface Where {
  /** As SQL, parameters filled in, every literal typed. Equal conditions have equal texts. */
  readonly sql: string;
  /** The columns that it reads. */
  readonly columns: readonly string[];
  /** The condition on rows whose columns come in this order. */
  bind(columns: readonly string[]): (row: RowValues) => boolean;
}
