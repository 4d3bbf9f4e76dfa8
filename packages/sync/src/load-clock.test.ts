import { expect, it } from 'vitest';
import { createLoadClock } from './load-clock.ts';
import type { ShapeEvent } from './state.ts';

const applied = (isUpToDate: boolean): ShapeEvent => ({
  kind: 'applied',
  position: { handle: 'h', offset: '0_0' },
  isUpToDate,
});

it('times a load from its request to its last rows, and nothing after it', () => {
  let now = 1_000;
  const clock = createLoadClock(() => now);
  clock.time('items', { kind: 'connect', how: 'load', position: null });
  now += 300;
  expect(clock.time('items', applied(false))).not.toHaveProperty('loadMs');
  expect(clock.time('notes', applied(true))).not.toHaveProperty('loadMs');
  now += 200;
  expect(clock.time('items', applied(true))).toHaveProperty('loadMs', 500);
  expect(clock.time('items', applied(true))).not.toHaveProperty('loadMs');
});

it('times no shape that goes on where it was', () => {
  const clock = createLoadClock(() => 0);
  clock.time('items', { kind: 'connect', how: 'resume', position: { handle: 'h', offset: '0_0' } });
  expect(clock.time('items', applied(true))).not.toHaveProperty('loadMs');
});
