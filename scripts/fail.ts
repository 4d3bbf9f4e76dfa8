import { formatError, isLockstepError } from '@lockstep/protocol';

/**
 * Runs a command's body and ends the process: 0 when it returns, its number when it returns one, 1 when it throws.
 * A `LockstepError` is printed as its two lines; only a bug of ours shows a stack.
 */
export async function runCommand(body: () => Promise<number | void>): Promise<void> {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(isLockstepError(error) ? formatError(error) : error);
    process.exitCode = 1;
  }
}
