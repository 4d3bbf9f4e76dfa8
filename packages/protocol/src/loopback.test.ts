import { expect, test } from 'vitest';
import { isLoopbackHost } from './loopback.ts';

test.each([
  ['postgresql://a:b@127.0.0.1:5432/app', true],
  ['postgresql://localhost/app', true],
  ['postgresql://[::1]:5432/app', true],
  ['postgresql://db.example.com/app', false],
  ['postgresql://127.0.0.1.example.com/app', false],
])('the host of %s is this machine: %s', (url, expected) => {
  expect(isLoopbackHost(new URL(url).hostname)).toBe(expected);
});

test.each([
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
])('listening on %s is for this machine only: %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});
