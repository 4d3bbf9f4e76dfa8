/** A history as runners get it: files of their own, since each runner is a process. */
export interface CrashHistory {
  readonly name: string;
  /** The bundle as JSON. */
  readonly bundle: string;
  readonly programs: Readonly<Record<string, string>>;
  /** What is done about the migrations that fail, by tag. */
  readonly mends: Readonly<Record<string, HistoryMend>>;
  /** What is applied before, undisturbed, and the rows that are inserted then. */
  readonly before: { readonly bundle: string; readonly rows: string } | null;
}

export type HistoryMend =
  | { readonly kind: 'data'; readonly sql: string }
  /** Another bundle, in which the file is corrected. */
  | { readonly kind: 'file'; readonly bundle: string };
