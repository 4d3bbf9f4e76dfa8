import {
  LockstepError,
  type WritesRequest,
  type WritesResponse,
  writesRequestSchema,
} from '@lockstep/protocol';
import { readJson } from '@lockstep/sync/server';
import { Hono } from 'hono';
import type { Deps } from '../deps.ts';
import { writeAll } from '../writes/transaction.ts';

/** Bytes of a request with up to 1,000 writes. */
const BODY_BYTES_MAX = 1024 * 1024;

/** The only way back to Postgres: validated, authorised, one transaction, answered with its id. */
export function writeRoutes(deps: Pick<Deps, 'database' | 'applied' | 'identity'>): Hono {
  const routes = new Hono();
  routes.post('/', async (c) => {
    const viewer = await deps.identity.viewer(c.req.raw);
    if (viewer === null) throw unauthenticated();
    const request = parseWrites(await readJson(c.req.raw, BODY_BYTES_MAX));
    const txid = await writeAll(deps, request, viewer);
    c.header('cache-control', 'no-store');
    return c.json<WritesResponse>({ data: { txid } });
  });
  return routes;
}

function parseWrites(body: unknown): WritesRequest {
  const parsed = writesRequestSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new LockstepError('REQUEST_INVALID', {
    message: `The writes are malformed (${issue?.path.join('.')}: ${issue?.message}).`,
    remedy: 'Send {"version","writes":[{"operation","table","key"?,"values"?}]}, 1 to 1,000 writes.',
  });
}

function unauthenticated(): LockstepError {
  return new LockstepError('UNAUTHENTICATED', {
    message: 'Nobody is signed in.',
    remedy: 'Sign in and send the token as Authorization: Bearer ….',
  });
}
