import { API_PATHS, problemSchema, type Write, writesResponseSchema } from '@lockstep/protocol';

/** Why a write was not saved. */
export type WriteFailure =
  | { readonly kind: 'offline' }
  /** The server no longer takes writes from this version of the page. */
  | { readonly kind: 'too-old' }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export type WriteOutcome = { readonly kind: 'saved'; readonly txid: number } | WriteFailure;

export interface WriteContext {
  readonly token: string;
  /** The tag that this page was built for. */
  readonly version: string | null;
  readonly fetch: typeof fetch;
}

/** All of `writes` in one transaction on the server, or none. Never throws: the outcome says what happened. */
export async function sendWrites(context: WriteContext, writes: readonly Write[]): Promise<WriteOutcome> {
  let response: Response;
  let body: unknown;
  try {
    response = await context.fetch(API_PATHS.writes, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${context.token}` },
      body: JSON.stringify({ version: context.version, writes }),
    });
    body = await response.json().catch(() => null);
  } catch {
    return { kind: 'offline' };
  }
  return readOutcome(response.status, body);
}

/** What an answer of the API means. An error that is not the API's own came from something before it. */
export function readOutcome(status: number, body: unknown): WriteOutcome {
  if (status >= 200 && status < 300) {
    const answer = writesResponseSchema.safeParse(body);
    return answer.success ? { kind: 'saved', txid: answer.data.data.txid } : { kind: 'offline' };
  }
  const problem = problemSchema.safeParse(body);
  if (!problem.success) return { kind: 'offline' };
  const { code, detail, details } = problem.data;
  if (code === 'POSTGRES_UNREACHABLE' || code === 'OFFLINE') return { kind: 'offline' };
  if (code === 'CLIENT_TOO_OLD') return { kind: 'too-old' };
  if (code === 'REQUEST_INVALID') return { kind: 'invalid', message: firstIssue(details) ?? detail };
  return { kind: 'refused', code, message: detail };
}

/** The message of the first of `details.issues`, which is where the API puts what a validator said. */
function firstIssue(details: Readonly<Record<string, unknown>> | undefined): string | null {
  const issues = details?.['issues'];
  if (!Array.isArray(issues)) return null;
  const [first] = issues as readonly unknown[];
  if (typeof first === 'string') return first;
  if (typeof first !== 'object' || first === null || !('message' in first)) return null;
  return typeof first.message === 'string' ? first.message : null;
}
