import { LockstepError, problemSchema } from '@lockstep/protocol';
import * as z from 'zod';
import { type Identity, identitySchema } from './identity.ts';

const personSchema = z.object({ id: z.string(), name: z.string(), email: z.string().optional() });
export type Person = z.infer<typeof personSchema>;

/** Signs in as one of the demo's people. Throws `OFFLINE` when the API can't be reached, else the API's own code. */
export async function signInAs(userId: string): Promise<Identity> {
  const body = await request('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId }),
  });
  return z.object({ data: identitySchema }).parse(body).data;
}

/** Signs in once more when the server no longer knows the token; null while it does. Throws as `signInAs` does. */
export async function renewSession({ token, user }: Identity): Promise<Identity | null> {
  const body = await request('/api/session', { headers: { authorization: `Bearer ${token}` } });
  const known = z.object({ data: z.object({ user: personSchema.nullable() }) }).parse(body).data.user;
  return known === null ? signInAs(user.id) : null;
}

/** The people of the demo, to choose from. Throws as `signInAs` does. */
export async function fetchPeople(): Promise<readonly Person[]> {
  const body = await request('/api/session/people');
  return z.object({ data: z.object({ people: z.array(personSchema) }) }).parse(body).data.people;
}

/** Ends the session on the server, if it can be told now; on this device it is over either way. */
export async function endSession({ token }: Identity): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  await request('/api/session', { method: 'DELETE', headers }).catch(() => {});
}

async function request(path: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(path, init).catch((cause: unknown) => {
    throw offline(cause);
  });
  if (response.status === 204) return null;
  if (response.ok) return response.json();
  const problem = problemSchema.safeParse(await response.json().catch(() => null));
  if (!problem.success) throw offline(`HTTP ${response.status}`);
  throw new LockstepError(response.status === 404 ? 'NOT_FOUND' : 'FORBIDDEN', {
    message: problem.data.detail,
    remedy: problem.data.remedy,
  });
}

function offline(cause: unknown): LockstepError {
  return new LockstepError('OFFLINE', {
    message: 'The server can’t be reached.',
    remedy: 'Try again when you are online. People who signed in on this device before can go on without it.',
    cause,
  });
}
