import type { Problem, WritesRequest } from '@lockstep/protocol';

/** A client of a running API, as one person or as nobody. */
export interface TestClient {
  readonly token: string | null;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  write(writes: WritesRequest['writes'], version?: string | null): Promise<Response>;
}

export function createClient(url: string, token: string | null = null): TestClient {
  const call = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    return fetch(`${url}${path}`, { ...init, headers });
  };
  return {
    token,
    fetch: call,
    write: (writes, version = null) =>
      call('/api/writes', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ version, writes }),
      }),
  };
}

export async function signIn(url: string, userId: string): Promise<TestClient> {
  const response = await createClient(url).fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId }),
  });
  if (response.status !== 201) throw new Error(`Signing in answered ${response.status}.`);
  const { data } = (await response.json()) as { data: { token: string } };
  return createClient(url, data.token);
}

/** Reads a problem, after making sure that it is one. */
export async function problemOf(response: Response): Promise<Problem> {
  if (response.headers.get('content-type') !== 'application/problem+json') {
    throw new Error(`Not a problem: ${response.status} ${await response.text()}`);
  }
  return (await response.json()) as Problem;
}
