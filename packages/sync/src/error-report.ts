import { isLockstepError, LockstepError } from '@lockstep/protocol';
import type { ErrorReport } from './contract.ts';

/** An error as it crosses a worker's border; anything that isn't ours becomes `INTERNAL`. */
export function toErrorReport(error: unknown): ErrorReport {
  if (isLockstepError(error)) {
    return { code: error.code, message: error.message, remedy: error.remedy };
  }
  return {
    code: 'INTERNAL',
    message: describeError(error),
    remedy: 'This is a bug in the program: please report it with the message.',
  };
}

/** The other way round, on the side that asked. */
export function fromErrorReport(report: ErrorReport): LockstepError {
  return new LockstepError(report.code, { message: report.message, remedy: report.remedy });
}

export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
