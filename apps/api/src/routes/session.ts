import { LockstepError } from '@lockstep/protocol';
import { readJson } from '@lockstep/sync/server';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Deps } from '../deps.ts';

const BODY_BYTES_MAX = 10_000;
const signInSchema = z.object({ userId: z.uuid() });

/**
 * The demo's sign-in: whoever asks becomes whom they name. It makes real sessions, so an application replaces this one
 * file by its own sign-in and keeps the rest.
 */
export function sessionRoutes({ identity, hasDemoSignIn }: Pick<Deps, 'identity' | 'hasDemoSignIn'>): Hono {
  const routes = new Hono();
  routes.use(async (c, next) => {
    await next();
    c.header('cache-control', 'no-store');
  });

  routes.get('/', async (c) => {
    const user = await identity.whoAmI(c.req.raw);
    return c.json({ data: { user } });
  });

  routes.delete('/', async (c) => {
    await identity.signOut(c.req.raw);
    return c.body(null, 204);
  });

  if (!hasDemoSignIn) return routes;
  routes.post('/', async (c) => {
    const parsed = signInSchema.safeParse(await readJson(c.req.raw, BODY_BYTES_MAX));
    if (!parsed.success) throw invalidSignIn();
    const session = await identity.signIn(parsed.data.userId);
    if (session === null) throw unknownPerson();
    return c.json({ data: session }, 201);
  });

  routes.get('/people', async (c) => c.json({ data: { people: await identity.people() } }));

  return routes;
}

function invalidSignIn(): LockstepError {
  return new LockstepError('REQUEST_INVALID', {
    message: 'The sign-in names no person.',
    remedy: 'Send {"userId":"<uuid>"} of somebody in /api/session/people.',
  });
}

function unknownPerson(): LockstepError {
  return new LockstepError('NOT_FOUND', {
    message: 'There is no such person.',
    remedy: 'Choose somebody of /api/session/people.',
  });
}
