import { describe, expect, it } from 'vitest';
import type { ShapeStatus } from './contract.ts';
import { initialShape, reduceShape, type ShapeEvent, summarize } from './state.ts';

const common = { table: 'items', rows: 1, bytes: 10, position: null };
const error = { code: 'SYNC_APPLY_FAILED', message: 'No.', remedy: 'Wait.' } as const;
const STATES: readonly ShapeStatus[] = [
  { ...common, kind: 'connecting' },
  { ...common, kind: 'loading' },
  { ...common, kind: 'live' },
  { ...common, kind: 'refetching' },
  { ...common, kind: 'offline' },
  { ...common, kind: 'paused' },
  { ...common, kind: 'waiting' },
  { ...common, kind: 'schema-behind', missing: ['title'] },
  { ...common, kind: 'failed', error },
];
const position = { handle: 'h', offset: '5_0' };
const EVENTS: Readonly<Record<string, ShapeEvent>> = {
  load: { kind: 'connect', how: 'load', position: null },
  resume: { kind: 'connect', how: 'resume', position },
  replace: { kind: 'connect', how: 'refetch', position: null },
  received: { kind: 'received', rows: 2, bytes: 5 },
  chunk: { kind: 'applied', position, isUpToDate: false },
  'up-to-date': { kind: 'applied', position, isUpToDate: true },
  'must-refetch': { kind: 'refetch' },
  unreachable: { kind: 'unreachable' },
  pause: { kind: 'pause' },
  wait: { kind: 'wait' },
  'schema-behind': { kind: 'schema-behind', missing: ['title'] },
  fail: { kind: 'fail', error },
};

/** The table of SPEC.md: by event, the state after each state in the order of STATES. */
const C = 'connecting';
const L = 'loading';
const V = 'live';
const R = 'refetching';
const O = 'offline';
const P = 'paused';
const W = 'waiting';
const B = 'schema-behind';
const F = 'failed';
const TABLE: Readonly<Record<string, readonly string[]>> = {
  load: [C, C, C, C, C, C, C, C, C],
  resume: [C, C, C, C, C, C, C, C, C],
  replace: [R, R, R, R, R, R, R, R, R],
  received: [L, L, V, R, L, P, W, B, F],
  chunk: [L, L, L, L, L, P, W, B, F],
  'up-to-date': [V, V, V, V, V, P, W, B, F],
  'must-refetch': [R, R, R, R, R, P, W, B, F],
  unreachable: [O, O, O, O, O, P, W, B, F],
  pause: [P, P, P, P, P, P, P, B, P],
  wait: [W, W, W, W, W, W, W, W, W],
  'schema-behind': [B, B, B, B, B, B, B, B, B],
  fail: [F, F, F, F, F, F, F, F, F],
};

describe('a shape (SPEC.md: the table is total)', () => {
  it.each(Object.keys(EVENTS))('after %s', (name) => {
    const after = STATES.map((state) => reduceShape(state, EVENTS[name] as ShapeEvent).kind);
    expect(after).toEqual(TABLE[name]);
  });

  it('counts what was received, and keeps the position that was applied', () => {
    const received = reduceShape(initialShape('items', null), EVENTS.received as ShapeEvent);
    expect(received).toMatchObject({ rows: 2, bytes: 5, position: null });
    expect(reduceShape(received, EVENTS.chunk as ShapeEvent)).toMatchObject({ rows: 2, bytes: 5, position });
  });
});

describe('the whole', () => {
  const client = { isStarted: true, isPaused: false, isOffline: false };
  const of = (kind: ShapeStatus['kind']) => STATES.find((state) => state.kind === kind) as ShapeStatus;
  it.each([
    [['live', 'live'], client, 'live'],
    [['live', 'schema-behind'], client, 'live'],
    [['live', 'waiting'], client, 'live'],
    [['live', 'refetching'], client, 'loading'],
    [['live', 'connecting'], client, 'loading'],
    [['live', 'offline'], client, 'offline'],
    [['offline', 'failed'], client, 'failed'],
    [['connecting'], { ...client, isStarted: false }, 'starting'],
    [['connecting'], { ...client, isStarted: false, isOffline: true }, 'offline'],
    [['live'], { ...client, isPaused: true }, 'paused'],
  ] as const)('%j', (kinds, flags, expected) => {
    const shapes = Object.fromEntries(kinds.map((kind, index) => [String(index), of(kind)]));
    expect(summarize({ shapes, error: null }, flags)).toBe(expected);
  });
});
