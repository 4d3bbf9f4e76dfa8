import type { Upstream, UpstreamAnswer } from './upstream.ts';

/** An `Upstream` whose live polls are shared. */
export interface Polls {
  readonly ask: Upstream;
  /** Ends every poll that is kept. */
  close(): void;
}

interface Poll {
  readonly controller: AbortController;
  readonly answer: Promise<() => UpstreamAnswer>;
  joined: number;
  /** Runs while nobody waits, and from the answer on. */
  timer: NodeJS.Timeout | null;
  isAnswered: boolean;
}

/**
 * Holds one live poll to Electric for all who ask the same, and keeps it for `keepMs` after the last has left. A round
 * that one shape's change ended asks for the others again at once: they are still waiting, or have an answer by now, and
 * no connection was cut. Whose rows a poll brings is in its URL, so sharing it tells nobody anything new; like a cached
 * answer of Electric's (live answers may be cached for seconds), it stays right for that position in the log.
 */
export function createPolls(upstream: Upstream, keepMs: number): Polls {
  const polls = new Map<string, Poll>();

  function join(query: URLSearchParams): Poll {
    const key = query.toString();
    const found = polls.get(key);
    if (found !== undefined) return found;
    const controller = new AbortController();
    const poll: Poll = {
      controller,
      answer: upstream(query, controller.signal).then(buffer),
      joined: 0,
      timer: null,
      isAnswered: false,
    };
    poll.answer.then(
      (answer) => {
        poll.isAnswered = true;
        if (answer().kind === 'answer') expire(key, poll);
        else forget(key, poll);
      },
      // A failure is told to those who wait and kept for nobody.
      () => forget(key, poll),
    );
    polls.set(key, poll);
    return poll;
  }

  function expire(key: string, poll: Poll): void {
    poll.timer ??= setTimeout(() => forget(key, poll), keepMs);
  }

  function forget(key: string, poll: Poll): void {
    if (poll.timer !== null) clearTimeout(poll.timer);
    if (polls.get(key) === poll) polls.delete(key);
    poll.controller.abort();
  }

  async function share(query: URLSearchParams, signal: AbortSignal): Promise<UpstreamAnswer> {
    signal.throwIfAborted();
    const poll = join(query);
    poll.joined += 1;
    if (poll.timer !== null && !poll.isAnswered) {
      clearTimeout(poll.timer);
      poll.timer = null;
    }
    try {
      return (await untilAborted(poll.answer, signal))();
    } finally {
      poll.joined -= 1;
      if (poll.joined === 0 && polls.has(query.toString())) expire(query.toString(), poll);
    }
  }

  return {
    ask: (query, signal, headers) =>
      query.get('live') === 'true' && headers === undefined
        ? share(query, signal)
        : upstream(query, signal, headers),
    close() {
      for (const [key, poll] of polls) forget(key, poll);
    },
  };
}

/** Reads the body, so that each who asked gets a response of their own. */
async function buffer(answer: UpstreamAnswer): Promise<() => UpstreamAnswer> {
  if (answer.kind !== 'answer') return () => answer;
  const { status, headers } = answer.response;
  const body = status === 304 || status === 204 ? null : await answer.response.arrayBuffer();
  return () => ({ kind: 'answer', response: new Response(body, { status, headers }) });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
