import { formatError, isLockstepError, type Problem, toProblem } from '@lockstep/protocol';
import type { Paint } from './io.ts';

/** An error for a terminal: code, what happened, where, the piece of SQL, the remedy. Never a stack of ours for a fault of theirs. */
export function describeFailure(error: unknown, paint: Paint): string {
  if (!isLockstepError(error)) {
    // A bug: whoever reports it needs the stack.
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const [what = '', ...remedy] = formatError(error).split('\n');
  const { excerpt } = error.details;
  const lines = [paint.red(what), ...(typeof excerpt === 'string' ? [excerpt] : []), ...remedy];
  return lines.join('\n');
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
