import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { createClient, problemOf, signIn } from '../testing/client.ts';
import { applyHistory } from '../testing/history.ts';
import { addPeople, people } from '../testing/people.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const post = (body: unknown) =>
  createClient(api.url).fetch('/api/session', { method: 'POST', body: JSON.stringify(body) });

describe('the demo’s sign-in', () => {
  it('waits for the first migration', async () => {
    const response = await createClient(api.url).fetch('/api/session/people');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await problemOf(response)).toMatchObject({ code: 'NOT_MIGRATED' });
    await applyHistory(api.test.url);
    await addPeople(api.database);
  });

  it('lists the people', async () => {
    const { data } = (await (await createClient(api.url).fetch('/api/session/people')).json()) as {
      data: { people: { id: string; name: string; email: string }[] };
    };
    expect(data.people[0]).toEqual({ id: people.ada, name: 'Ada', email: 'ada@example.test' });
    expect(data.people).toHaveLength(4);
  });

  it('signs in and out; the token itself is stored nowhere, and in no log', async () => {
    const client = await signIn(api.url, people.ada);
    expect(await (await client.fetch('/api/session')).json()).toMatchObject({
      data: { user: { name: 'Ada' } },
    });
    const stored = JSON.stringify(await api.test.query('SELECT * FROM sessions'));
    expect(stored).not.toContain(client.token);
    expect(api.log.join('')).not.toContain(client.token);
    expect((await client.fetch('/api/session', { method: 'DELETE' })).status).toBe(204);
    expect(await (await client.fetch('/api/session')).json()).toEqual({ data: { user: null } });
    expect((await client.fetch('/api/shapes/plans?columns=id&offset=-1')).status).toBe(401);
  });

  it('forgets a session that is over', async () => {
    const client = await signIn(api.url, people.bo);
    await api.test.query(`UPDATE sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [
      people.bo,
    ]);
    expect(await (await client.fetch('/api/session')).json()).toEqual({ data: { user: null } });
  });

  it.each([
    ['nobody', {}, 400, 'REQUEST_INVALID'],
    ['no uuid', { userId: 'ada' }, 400, 'REQUEST_INVALID'],
    ['a stranger', { userId: '00000000-0000-4000-8000-0000000000ff' }, 404, 'NOT_FOUND'],
  ])('does not sign in %s', async (_who, body, status, code) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ code });
  });

  it('can be turned off', async () => {
    const off = await startTestApi({ variables: { DEMO_SIGN_IN: 'off' } });
    try {
      const client = createClient(off.url);
      expect((await client.fetch('/api/session/people')).status).toBe(404);
      expect((await client.fetch('/api/session', { method: 'POST', body: '{}' })).status).toBe(404);
    } finally {
      await off.close();
    }
  });

  it('has a limit for the body', async () => {
    expect((await post({ userId: 'x'.repeat(20_000) })).status).toBe(413);
  });
});
