import {
  ERRORS,
  formatVersionHeader,
  isLockstepError,
  LockstepError,
  PROBLEM_CONTENT_TYPE,
  type SchemaVersion,
  toProblem,
  VERSION_HEADER,
} from '@lockstep/protocol';

/** Seconds after which a client may ask again, when the error says nothing else in `details.retryAfterSeconds`. */
const RETRY_AFTER_SECONDS = 2;

/**
 * Problem JSON for an error. Anything that is no `LockstepError` becomes `INTERNAL` without its text, which may hold SQL or
 * a row. Never cached; a 503 or 429 says when to ask again. `version` undefined: not known, so no header.
 */
export function problemResponse(error: unknown, version: SchemaVersion | null | undefined): Response {
  const known = isLockstepError(error) ? error : internalError();
  const { status } = ERRORS[known.code];
  const headers = new Headers({ 'content-type': PROBLEM_CONTENT_TYPE, 'cache-control': 'no-store' });
  if (version !== undefined) headers.set(VERSION_HEADER, formatVersionHeader(version));
  if (status === 503 || status === 429) headers.set('retry-after', String(retryAfterSeconds(known)));
  if (status === 401) headers.set('www-authenticate', 'Bearer');
  return new Response(JSON.stringify(toProblem(known)), { status, headers });
}

function retryAfterSeconds(error: LockstepError): number {
  const { retryAfterSeconds: said } = error.details;
  return typeof said === 'number' ? said : RETRY_AFTER_SECONDS;
}

function internalError(): LockstepError {
  return new LockstepError('INTERNAL', {
    message: 'The server failed at this request.',
    remedy: 'Try again; if it fails again, look at the server’s log.',
  });
}
