/** What Postgres said, as drivers put it on their errors. */
export interface SqlError {
  readonly sqlState: string;
  readonly message: string;
  readonly hint: string | null;
  /** May hold values of rows: for the eyes of whoever runs the migration, not for a log. */
  readonly detail: string | null;
  /** Where in the statement, in characters (not UTF-16 units), from 1. */
  readonly position: number | null;
  /** The statement of a function that failed, and where in it. */
  readonly internal: { readonly query: string; readonly position: number } | null;
  /** The functions that it happened in, innermost first. */
  readonly where: string | null;
  readonly constraint: string | null;
}

/** Reads the error of node-postgres or PGlite (also out of a worker); null when it isn't one of Postgres. */
export function readSqlError(error: unknown): SqlError | null {
  if (typeof error !== 'object' || error === null) return null;
  const fields = error as Record<string, unknown>;
  const { code, message, internalQuery } = fields;
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return null;
  const internalPosition = toPosition(fields.internalPosition);
  return {
    sqlState: code,
    message: typeof message === 'string' ? message : '',
    hint: toText(fields.hint),
    detail: toText(fields.detail),
    position: toPosition(fields.position),
    internal:
      typeof internalQuery === 'string' && internalPosition !== null
        ? { query: internalQuery, position: internalPosition }
        : null,
    where: toText(fields.where),
    constraint: toText(fields.constraint),
  };
}

/** The SQLSTATE of an error or of what caused it. */
export function sqlStateOf(error: unknown): string | null {
  return sqlErrorOf(error)?.sqlState ?? null;
}

/** What Postgres said, in an error or in what caused it. */
export function sqlErrorOf(error: unknown): SqlError | null {
  const own = readSqlError(error);
  if (own !== null) return own;
  return error instanceof Error && error.cause !== undefined ? sqlErrorOf(error.cause) : null;
}

/** connection_exception, and the server shutting down or ending this connection. */
const CONNECTION_STATES = /^(08...|57P0[1-5])$/;

/** Whether the connection is gone, so that nobody knows how far the statement got. */
export function isConnectionLoss(error: unknown): boolean {
  const sqlError = readSqlError(error);
  return sqlError === null || CONNECTION_STATES.test(sqlError.sqlState);
}

function toText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function toPosition(value: unknown): number | null {
  return Number.isInteger(Number(value)) && Number(value) > 0 ? Number(value) : null;
}
