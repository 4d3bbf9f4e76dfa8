/** What a database can do, so that code asks for a capability and never for an engine's name. */
export interface ExecutorCapabilities {
  /** Publications reach somebody: logical decoding works. */
  readonly hasReplication: boolean;
  /** Other processes may be connected to the same database: runners must agree on one (the lease). */
  readonly isShared: boolean;
  /**
   * It runs in this process: what is sent is done when the call returns, and a call costs more than most statements, so
   * that several are sent as one.
   */
  readonly isInProcess: boolean;
}

/**
 * The few operations that the engine needs of a Postgres, whichever it is. Every implementation passes
 * `executorConformance`. Errors of the database are thrown as the driver made them (with `code`, the SQLSTATE).
 */
export interface Executor {
  readonly capabilities: ExecutorCapabilities;
  /** One statement in the extended protocol. `params` are sent as text: cast them in the SQL (`$1::text::bigint`). */
  query<Row extends object = Record<string, unknown>>(
    sql: string,
    params?: readonly (string | null)[],
  ): Promise<Row[]>;
  /** One or more statements in the simple protocol, without parameters or rows. */
  exec(sql: string): Promise<void>;
  /**
   * Runs `body` in a transaction: commits when it resolves, rolls back when it throws, and throws when the commit
   * became a rollback. Inside a transaction it is a savepoint. Calls on the outer executor wait until it ends, so
   * `body` must use `tx` only.
   */
  transaction<T>(body: (tx: Executor) => Promise<T>): Promise<T>;
}
