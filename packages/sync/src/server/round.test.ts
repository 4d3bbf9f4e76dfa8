import { describe, expect, it, vi } from 'vitest';
import { runRound } from './round.ts';

const never = () => new Promise<void>(() => undefined);
const ended = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
const idle = (onEnd = vi.fn<() => void>()) => ({
  start: (signal: AbortSignal) => ended(signal).finally(onEnd),
});
const at = { signal: new AbortController().signal, interrupted: never, roundMs: 60_000, settleMs: 20 };

describe('runRound', () => {
  it('answers with the first, waits a little for others, and ends the rest', async () => {
    const onEnd = vi.fn<() => void>();
    const soon = { start: () => new Promise<string>((resolve) => setTimeout(resolve, 5, 'soon')) };
    const parts = await runRound([idle(onEnd), { start: () => Promise.resolve('now') }, soon], at);
    expect(parts).toEqual(['now', 'soon']);
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalledOnce());
  });

  it('answers with nothing after its time', async () => {
    const onEnd = vi.fn<() => void>();
    expect(await runRound([idle(onEnd)], { ...at, roundMs: 5 })).toEqual([]);
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalledOnce());
  });

  it('ends early when there is another version to tell', async () => {
    expect(await runRound([idle()], { ...at, interrupted: () => Promise.resolve() })).toEqual([]);
  });

  it('ends every poll when the client leaves', async () => {
    const client = new AbortController();
    const onEnd = vi.fn<() => void>();
    const round = runRound([idle(onEnd), idle(onEnd)], { ...at, signal: client.signal });
    client.abort();
    expect(await round).toEqual([]);
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalledTimes(2));
  });

  it('may have many polls without a warning of leaking listeners', async () => {
    const warn = vi.fn<(warning: Error) => void>();
    process.on('warning', warn);
    try {
      await runRound(
        Array.from({ length: 100 }, () => idle()),
        { ...at, roundMs: 5 },
      );
      await new Promise((resolve) => setImmediate(resolve));
      expect(warn).not.toHaveBeenCalled();
    } finally {
      process.off('warning', warn);
    }
  });
});
