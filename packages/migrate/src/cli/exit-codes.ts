import type { ErrorCode } from '@lockstep/protocol';

/** What a command ends with; documented in `docs/cli.md`. */
export const EXIT = {
  /** Done, or nothing to do. */
  done: 0,
  /** Something failed; the message says what, and what state it left. */
  failed: 1,
  /** A decision is missing (a flag, an answer), or command, options or configuration are wrong. Nothing was done. */
  usage: 2,
  /** Refused for safety: a production target, the wrong database, data that would be lost. Nothing was done. */
  refused: 3,
  /** The command worked and found something: pending migrations, drift, lint errors. */
  found: 4,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** In words, for `docs/cli.md`. */
export const EXIT_CODES: readonly { readonly code: ExitCode; readonly meaning: string }[] = [
  { code: EXIT.done, meaning: 'Done, or nothing to do.' },
  { code: EXIT.failed, meaning: 'Something failed. The message says what, and what state it left.' },
  {
    code: EXIT.usage,
    meaning:
      'A decision is missing (a flag, an answer), or the command, its options or the configuration are wrong. Nothing was done.',
  },
  {
    code: EXIT.refused,
    meaning:
      'Refused for safety: a production target, the wrong database, data that would be lost. Nothing was done.',
  },
  {
    code: EXIT.found,
    meaning:
      'The command worked and found something: pending migrations, a stale bundle, drift, lint errors.',
  },
  { code: EXIT.interrupted, meaning: 'Ended by Ctrl-C at a question.' },
];

/** Errors that end with another code than `failed`. */
const CODES: Partial<Record<ErrorCode, ExitCode>> = {
  CONFIG_INVALID: EXIT.usage,
  GENERATE_HINT_UNKNOWN: EXIT.usage,
  REBASE_IMPOSSIBLE: EXIT.usage,
  USAGE: EXIT.usage,
  CONFIRMATION_MISSING: EXIT.usage,
  PRODUCTION_REFUSED: EXIT.refused,
  CANCELLED: EXIT.refused,
  ROLLBACK_LOSES_DATA: EXIT.refused,
  ROLLBACK_IMPOSSIBLE: EXIT.refused,
  DATABASE_WRONG: EXIT.refused,
  RESTORE_REFUSED: EXIT.refused,
  BACKUP_IMPOSSIBLE: EXIT.refused,
  INTEGRITY_DAMAGED: EXIT.refused,
};

export function exitCodeOf(code: ErrorCode): ExitCode {
  return CODES[code] ?? EXIT.failed;
}
