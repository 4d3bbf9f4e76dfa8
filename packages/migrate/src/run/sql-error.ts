/** What Postgres said, as drivers put it on their errors. */
export interface SqlError {
  readonly sqlState: string;
  readonly message: string;
  readonly hint: string | null;
  /** Where in the statement, in characters (not UTF-16 units), from 1. */
  readonly position: number | null;
}

/** Reads the error of node-postgres or PGlite (also out of a worker); null when it isn't one of Postgres. */
export function readSqlError(error: unknown): SqlError | null {
  if (typeof error !== 'object' || error === null) return null;
  const { code, message, hint, position } = error as Record<string, unknown>;
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return null;
  return {
    sqlState: code,
    message: typeof message === 'string' ? message : '',
    hint: typeof hint === 'string' && hint !== '' ? hint : null,
    position: Number.isInteger(Number(position)) && Number(position) > 0 ? Number(position) : null,
  };
}

/** The SQLSTATE of an error or of what caused it. */
export function sqlStateOf(error: unknown): string | null {
  const own = readSqlError(error);
  if (own !== null) return own.sqlState;
  return error instanceof Error && error.cause !== undefined ? sqlStateOf(error.cause) : null;
}
