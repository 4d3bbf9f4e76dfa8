import { formatError, isLockstepError } from '@lockstep/protocol';
import { readEnv } from './env.ts';
import { createLog } from './log.ts';
import { startApi } from './start.ts';

/** The process: environment in, signals out. An error in the environment is two lines on stderr and exit code 1. */
try {
  const env = readEnv(process.env);
  const log = createLog(env.LOG_LEVEL);
  const api = await startApi(env, log);
  log.info({ url: api.url }, 'The API listens.');
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= api.close().then(() => {
      log.info('The API has stopped.');
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  process.stderr.write(`${isLockstepError(error) ? formatError(error) : describe(error)}\n`);
  process.exitCode = 1;
}

function describe(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `PORT_IN_USE: ${error.message}.\nStop the program that uses the port, or set PORT to another one.`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
