import * as z from 'zod';

/**
 * Every error that a person can meet, by code. Each has a row in `docs/errors.md`.
 * `status` is the HTTP status when the error reaches a client over HTTP.
 */
export const ERRORS = {
  // authoring: files, schema, bundle
  JOURNAL_INVALID: { status: 500 },
  MIGRATION_FILE_MISSING: { status: 500 },
  MIGRATION_FILE_UNLISTED: { status: 500 },
  MIGRATIONS_UNREADABLE: { status: 500 },
  MIGRATIONS_NOT_FOUND: { status: 500 },
  PROGRAM_INVALID: { status: 500 },
  PROGRAM_MISSING: { status: 500 },
  MIGRATION_SYNTAX: { status: 500 },
  DOWN_WRONG: { status: 500 },
  BUNDLE_STALE: { status: 500 },
  BUNDLE_INVALID: { status: 500 },
  ELECTRIFY_UNKNOWN_TABLE: { status: 500 },
  ELECTRIFY_NO_KEY: { status: 500 },
  REPLICA_UNSUPPORTED: { status: 500 },
  GENERATE_FAILED: { status: 500 },
  GENERATE_HINT_UNKNOWN: { status: 500 },
  SNAPSHOT_INVALID: { status: 500 },
  REBASE_IMPOSSIBLE: { status: 500 },
  // applying
  MIGRATION_FAILED: { status: 500 },
  STRUCTURE_MISMATCH: { status: 500 },
  MIGRATION_INTERRUPTED: { status: 500 },
  MIGRATION_EDITED: { status: 500 },
  MIGRATION_AHEAD: { status: 500 },
  DATABASE_UNADOPTABLE: { status: 500 },
  ADOPTION_REPAIR_FAILED: { status: 500 },
  BASELINE_REFUSED: { status: 500 },
  MIGRATION_GAP: { status: 500 },
  ROLLBACK_IMPOSSIBLE: { status: 500 },
  ROLLBACK_LOSES_DATA: { status: 500 },
  ROLLBACK_FAILED: { status: 500 },
  STASH_FAILED: { status: 500 },
  MIGRATION_LEASE_LOST: { status: 500 },
  MIGRATION_LEASE_TIMEOUT: { status: 500 },
  ELECTRIC_UNKNOWN_TO_POSTGRES: { status: 500 },
  // command line
  USAGE: { status: 500 },
  CONFIRMATION_MISSING: { status: 500 },
  CANCELLED: { status: 500 },
  PRODUCTION_REFUSED: { status: 500 },
  DATABASE_WRONG: { status: 500 },
  // an application's own database
  EMBEDDED_LOCKED: { status: 503 },
  EMBEDDED_VERSION: { status: 500 },
  EMBEDDED_NOT_A_DATABASE: { status: 500 },
  EMBEDDED_EXTENSION_MISSING: { status: 500 },
  STORAGE_LOST: { status: 500 },
  // backups, integrity, rehearsal
  BACKUP_IMPOSSIBLE: { status: 500 },
  BACKUP_FAILED: { status: 500 },
  BACKUP_TOOL_MISSING: { status: 500 },
  BACKUP_NOT_FOUND: { status: 404 },
  BACKUP_CORRUPT: { status: 500 },
  RESTORE_REFUSED: { status: 409 },
  INTEGRITY_DAMAGED: { status: 500 },
  MIGRATION_EMPTIED_TABLE: { status: 500 },
  REHEARSAL_IMPOSSIBLE: { status: 500 },
  SEED_FAILED: { status: 500 },
  // configuration and surroundings
  CONFIG_INVALID: { status: 500 },
  PORT_IN_USE: { status: 500 },
  POSTGRES_UNREACHABLE: { status: 503 },
  POSTGRES_BUSY: { status: 503 },
  ELECTRIC_UNREACHABLE: { status: 503 },
  BROWSER_MISSING: { status: 500 },
  // HTTP API
  REQUEST_INVALID: { status: 400 },
  UNKNOWN_COLUMN: { status: 400 },
  UNAUTHENTICATED: { status: 401 },
  FORBIDDEN: { status: 403 },
  NOT_FOUND: { status: 404 },
  UNKNOWN_SHAPE: { status: 404 },
  CLIENT_TOO_OLD: { status: 409 },
  CONFLICT: { status: 409 },
  BODY_TOO_LARGE: { status: 413 },
  TOO_MANY_REQUESTS: { status: 429 },
  INTERNAL: { status: 500 },
  NOT_MIGRATED: { status: 503 },
  ELECTRIC_BEHIND: { status: 503 },
  SERVER_BEHIND: { status: 503 },
  SERVER_STOPPING: { status: 503 },
  // on the client
  SYNC_APPLY_FAILED: { status: 500 },
  SYNC_REQUEST_FAILED: { status: 500 },
  LOCAL_MIGRATION_FAILED: { status: 500 },
  LOCAL_DATABASE_NEWER: { status: 500 },
  LOCAL_DATABASE_STALLED: { status: 500 },
  OFFLINE: { status: 503 },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** Where in the input an error lies. `line` and `column` count from 1. */
export interface ErrorPlace {
  readonly file?: string;
  readonly statement?: number;
  readonly line?: number;
  readonly column?: number;
}

export interface LockstepErrorOptions {
  /** What happened, one sentence, without the code. */
  readonly message: string;
  /** What the reader can do about it, one or two sentences. */
  readonly remedy: string;
  readonly place?: ErrorPlace;
  /** Machine-readable extras that are safe to show: never a secret, never a row. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error class of Lockstep: a code, what happened, where, and what to do. */
export class LockstepError extends Error {
  override readonly name = 'LockstepError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly place: ErrorPlace | null;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, options: LockstepErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.place = options.place ?? null;
    this.details = options.details ?? {};
  }
}

/** True for a `LockstepError`, also one of another copy of this package. */
export function isLockstepError(error: unknown): error is LockstepError {
  return error instanceof Error && error.name === 'LockstepError' && 'code' in error;
}

/** Two lines for a terminal: `CODE: what happened (place)` and the remedy. */
export function formatError(error: LockstepError): string {
  const place = error.place === null ? '' : formatPlace(error.place);
  return `${error.code}: ${error.message}${place === '' ? '' : ` (${place})`}\n${error.remedy}`;
}

function formatPlace(place: ErrorPlace): string {
  const file = place.file ?? '';
  const position = place.line === undefined ? '' : `:${place.line}:${place.column ?? 1}`;
  const statement = place.statement === undefined ? '' : `, statement ${place.statement}`;
  return `${file}${position}${statement}`;
}

/** Problem JSON (RFC 9457), with our code in `code`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  remedy: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** The HTTP form of an error. */
export function toProblem(error: LockstepError): Problem {
  return {
    type: `urn:lockstep:error:${error.code.toLowerCase()}`,
    title: error.code,
    status: ERRORS[error.code].status,
    code: error.code,
    detail: error.message,
    remedy: error.remedy,
    ...(Object.keys(error.details).length > 0 ? { details: { ...error.details } } : {}),
  };
}
