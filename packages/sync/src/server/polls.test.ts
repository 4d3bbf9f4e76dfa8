import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPolls } from './polls.ts';
import type { Upstream, UpstreamAnswer } from './upstream.ts';

/** An upstream whose polls a test answers. */
function upstreamByHand() {
  const asked: {
    query: string;
    signal: AbortSignal;
    resolve: (text: string) => void;
    reject: (error: Error) => void;
  }[] = [];
  const upstream: Upstream = (query, signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      asked.push({
        query: query.toString(),
        signal,
        resolve: (text) => resolve({ kind: 'answer', response: new Response(text) }),
        reject,
      });
    });
  return { asked, upstream };
}

const live = new URLSearchParams('live=true&offset=1_0');
const KEEP_MS = 1_000;
const textOf = async (answer: UpstreamAnswer) =>
  answer.kind === 'answer' ? answer.response.text() : answer.kind;
const signal = () => new AbortController().signal;

describe('createPolls', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks once for all who ask the same', async () => {
    const { asked, upstream } = upstreamByHand();
    const polls = createPolls(upstream, KEEP_MS);
    const both = [polls.ask(live, signal()), polls.ask(live, signal())];
    expect(asked).toHaveLength(1);
    asked[0]?.resolve('rows');
    expect(await Promise.all((await Promise.all(both)).map(textOf))).toEqual(['rows', 'rows']);
  });

  it('goes on for who comes back in time, with what came meanwhile', async () => {
    const { asked, upstream } = upstreamByHand();
    const polls = createPolls(upstream, KEEP_MS);
    const client = new AbortController();
    const left = polls.ask(live, client.signal);
    client.abort();
    await expect(left).rejects.toThrow('aborted');
    asked[0]?.resolve('came meanwhile');
    await vi.advanceTimersByTimeAsync(KEEP_MS - 1);
    expect(await textOf(await polls.ask(live, signal()))).toBe('came meanwhile');
    expect(asked).toHaveLength(1);
  });

  it('ends a poll that nobody comes back for', async () => {
    const { asked, upstream } = upstreamByHand();
    const polls = createPolls(upstream, KEEP_MS);
    const client = new AbortController();
    const left = polls.ask(live, client.signal);
    client.abort();
    await expect(left).rejects.toThrow('aborted');
    await vi.advanceTimersByTimeAsync(KEEP_MS);
    expect(asked[0]?.signal.aborted).toBe(true);
    void polls.ask(live, signal()).catch(() => undefined);
    expect(asked).toHaveLength(2);
    polls.close();
  });

  it('keeps an answer so long and no longer, however often it is asked for', async () => {
    const { asked, upstream } = upstreamByHand();
    const polls = createPolls(upstream, KEEP_MS);
    const first = polls.ask(live, signal());
    asked[0]?.resolve('old');
    await first;
    await vi.advanceTimersByTimeAsync(KEEP_MS - 1);
    expect(await textOf(await polls.ask(live, signal()))).toBe('old');
    await vi.advanceTimersByTimeAsync(1);
    void polls.ask(live, signal()).catch(() => undefined);
    expect(asked).toHaveLength(2);
    polls.close();
  });

  it('asks again when Electric was behind', async () => {
    const upstream = vi.fn<Upstream>(async () => ({ kind: 'behind' }));
    const polls = createPolls(upstream, KEEP_MS);
    expect(await polls.ask(live, signal())).toEqual({ kind: 'behind' });
    await polls.ask(live, signal());
    expect(upstream).toHaveBeenCalledTimes(2);
  });

  it('keeps no failure', async () => {
    const { asked, upstream } = upstreamByHand();
    const polls = createPolls(upstream, KEEP_MS);
    const failed = polls.ask(live, signal());
    asked[0]?.reject(new Error('away'));
    await expect(failed).rejects.toThrow('away');
    void polls.ask(live, signal()).catch(() => undefined);
    expect(asked).toHaveLength(2);
    polls.close();
  });

  it('shares live polls only, and only the same one', async () => {
    const { asked, upstream } = upstreamByHand();
    const polls = createPolls(upstream, KEEP_MS);
    const snapshot = new URLSearchParams('offset=-1');
    const others = [snapshot, snapshot, live, new URLSearchParams('live=true&offset=1_0&params[1]=bob')];
    const answers = others.map((query) => polls.ask(query, signal()));
    expect(asked).toHaveLength(4);
    asked.forEach(({ resolve }) => {
      resolve('');
    });
    await Promise.all(answers);
    polls.close();
  });
});
