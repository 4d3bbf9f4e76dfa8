import { isLockstepError, type Problem, toProblem } from '@lockstep/protocol';
import { formatRunError } from '../run/format-failure.ts';
import type { Paint } from './io.ts';

/** An error for a terminal: code, what happened, where, the piece of SQL, what Postgres said, the remedy. Never a stack of ours for a fault of theirs. */
export function describeFailure(error: unknown, paint: Paint): string {
  if (!isLockstepError(error)) {
    // A bug: whoever reports it needs the stack.
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const [what = '', ...rest] = formatRunError(error).split('\n');
  return [paint.red(what), ...rest].join('\n');
}

/** The same for `--json`. */
export function failureJson(error: unknown): Problem {
  if (isLockstepError(error)) {
    const { place } = error;
    const problem = toProblem(error);
    return place === null ? problem : { ...problem, details: { ...problem.details, place } };
  }
  return {
    type: 'urn:lockstep:error:internal',
    title: 'INTERNAL',
    status: 500,
    code: 'INTERNAL',
    detail: error instanceof Error ? error.message : String(error),
    remedy: 'This is a bug: report it with the output of `lockstep report`.',
  };
}
