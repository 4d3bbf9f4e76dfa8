/**
 * What is no part of a database's structure, by name. Beside these: Postgres's own schemas, temporary objects, and
 * whatever belongs to an extension (the extension itself is an object).
 *
 * Left out of every definition as well, for they differ between machines whose databases do the same: owners, grants and
 * default privileges (roles are a cluster's, and a laptop's are not production's), comments, tablespaces, statistics
 * targets, CLUSTER marks, storage parameters for autovacuum, the contents of materialised views, the positions of
 * sequences, the names of NOT NULL constraints (which only Postgres 18 has), and the options of foreign servers.
 */
export const IGNORED = {
  /** Ours, Drizzle's tracking, Electric's catalogue (the proxy's as well). */
  schemas: ['information_schema', 'lockstep', 'drizzle', 'electric'],
  /** `plpgsql` is everywhere; `amcheck` is what an integrity check installs. */
  extensions: ['plpgsql', 'amcheck'],
  /** Electric's, one a replication stream. A table in one of them has the replica identity that Electric gave it. */
  publications: '^electric_publication_',
  /** Of PGlite's live queries: one a watched table. Their views and tables are temporary. */
  functions: '^_notify_\\d+_\\d+$',
  triggers: '^_notify_trigger_\\d+_\\d+$',
  /** Storage parameters that tune, and change nothing that a table is. */
  storageParameters: '^(autovacuum_|toast\\.|log_autovacuum|vacuum_|parallel_workers)',
} as const;
