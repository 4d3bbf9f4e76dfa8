import { formatVersionHeader, isLockstepError, LockstepError, VERSION_HEADER } from '@lockstep/protocol';
import { EXPOSED_HEADERS, problemResponse } from '@lockstep/sync/server';
import { Hono } from 'hono';
import { COMPRESSIBLE_CONTENT_TYPE_REGEX, compress } from 'hono/compress';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import type { Deps } from './deps.ts';
import { logRequests } from './log.ts';
import { electricRoutes } from './routes/electric.ts';
import { healthRoutes } from './routes/health.ts';
import { sessionRoutes } from './routes/session.ts';
import { shapeRoutes } from './routes/shapes.ts';
import { webRoutes } from './routes/web.ts';
import { writeRoutes } from './routes/writes.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** The whole API as one `fetch`. It opens nothing itself, so that tests and `start` decide what it stands on. */
export function createApp(deps: Deps): Hono {
  const app = new Hono();
  app.use(logRequests(deps.log));
  app.use(secureHeaders(SECURITY_HEADERS));
  app.use(compress({ contentTypeFilter: isCompressible }));

  const api = new Hono();
  if (deps.webOrigins.length > 0) {
    api.use(cors({ origin: [...deps.webOrigins], exposeHeaders: [...EXPOSED_HEADERS], maxAge: 86_400 }));
  }
  api.use(async (c, next) => {
    await next();
    const version = deps.applied.lastKnown()?.version;
    if (version !== undefined && !c.res.headers.has(VERSION_HEADER)) {
      c.header(VERSION_HEADER, formatVersionHeader(version));
    }
  });
  api.route('/electric', electricRoutes(deps));
  api.route('/shapes', shapeRoutes(deps.gateway));
  api.route('/writes', writeRoutes(deps));
  api.route('/session', sessionRoutes(deps));
  api.route('/health', healthRoutes(deps));
  api.all('*', () => problem(deps, notFound()));

  app.route('/api', api);
  if (deps.webDist !== null) app.route('/', webRoutes(deps.webDist));
  app.notFound(() => problem(deps, notFound()));
  app.onError((error) => problem(deps, error));
  return app;
}

/** PGlite's data file has no type of its own, and shrinks to a third. */
function isCompressible(type: string): boolean {
  return COMPRESSIBLE_CONTENT_TYPE_REGEX.test(type) || type.startsWith('application/octet-stream');
}

function problem({ applied, log }: Pick<Deps, 'applied' | 'log'>, error: unknown): Response {
  if (!isLockstepError(error)) log.error({ err: error }, 'A request failed.');
  return problemResponse(error, applied.lastKnown()?.version);
}

function notFound(): LockstepError {
  return new LockstepError('NOT_FOUND', {
    message: 'There is nothing at this address.',
    remedy: 'Start at /, or see the API’s paths in its documentation.',
  });
}
