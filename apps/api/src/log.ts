import type { MiddlewareHandler } from 'hono';
import { type DestinationStream, type Logger, pino } from 'pino';

/** JSON lines. Tokens, secrets and connection strings have no place in a log: they are cut out where one slips in. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    redact: {
      paths: [
        'authorization',
        'token',
        'secret',
        'password',
        'connectionString',
        '*.authorization',
        '*.token',
        '*.secret',
        '*.password',
        '*.connectionString',
      ],
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** One line a request: method, path without its query (which names people), status, time. */
export function logRequests(log: Logger): MiddlewareHandler {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const line = {
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(performance.now() - startedAt),
    };
    if (c.res.status >= 500) log.warn(line, 'request');
    else log.debug(line, 'request');
  };
}
