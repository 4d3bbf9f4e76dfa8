/** Something that is damaged, in words. */
export interface IntegrityFinding {
  readonly kind: 'invalid-index' | 'foreign-key' | 'index-storage' | 'table-storage';
  /** As Postgres quotes it. */
  readonly object: string;
  readonly what: string;
}

export interface IntegrityReport {
  readonly findings: readonly IntegrityFinding[];
  /** What was not looked at, and why. */
  readonly skipped: readonly string[];
}
