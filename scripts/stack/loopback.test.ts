import { expect, test } from 'vitest';
import { isOnThisMachine } from './loopback.ts';

test.each([
  ['postgresql://a:b@127.0.0.1:5432/app', true],
  ['postgresql://localhost/app', true],
  ['postgresql://[::1]:5432/app', true],
  ['postgresql://db.example.com/app', false],
  ['postgresql://127.0.0.1.example.com/app', false],
])('%s is on this machine: %s', (url, expected) => {
  expect(isOnThisMachine(url)).toBe(expected);
});
