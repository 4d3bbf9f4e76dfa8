import type { Migration } from '@lockstep/protocol';
import { expect, test } from 'vitest';
import { testBundle } from '../testing/bundle.ts';
import { sealOf } from './seal.ts';
import { verifyBundle } from './verify-bundle.ts';

const made = testBundle([
  { tag: '0000_items', statements: ['CREATE TABLE items (id int)'] },
  { tag: '0001_name', statements: ['ALTER TABLE items ADD COLUMN name text'] },
  { tag: '0002_notes', statements: ['CREATE TABLE notes (id int)'] },
]).migrations;
const whole = made.map((entry) => ({ ...entry, seal: sealOf(entry) }));
const [first, second, third] = whole as [Migration, Migration, Migration];
const refused = (migrations: readonly Migration[], target: 'server' | 'replica' = 'server') =>
  verifyBundle(migrations, target);

test('a bundle as the compiler wrote it is let through, and every beginning of it', () => {
  for (let length = 0; length <= whole.length; length += 1) {
    expect(refused(whole.slice(0, length))).toBeNull();
    expect(refused(whole.slice(0, length), 'replica')).toBeNull();
  }
});

test.each<[string, readonly Migration[], 'server' | 'replica']>([
  ['lost its first entry', [second, third], 'server'],
  ['lost one in the middle', [first, third], 'server'],
  ['is in another order', [second, first, third], 'server'],
  ['is in another order, renumbered', [{ ...second, index: 0 }, { ...first, index: 1 }, third], 'server'],
  ['has an empty hash (drizzle bundles)', [{ ...first, hash: '' }, second], 'server'],
  ['has another hash', [first, { ...second, hash: third.hash }, third], 'server'],
  ['has edited statements', [{ ...first, server: second.server }, second], 'server'],
  [
    'has edited replica statements',
    [{ ...first, replica: { ...first.replica, statements: ['SELECT 1'] } }, second],
    'replica',
  ],
])('published failure: a bundle that %s is refused (drizzle #4617)', (_name, migrations, target) => {
  expect(refused(migrations, target)).toMatchObject({ code: 'BUNDLE_INVALID' });
});

test('what was edited is not noticed where it is not run: a replica has no server statements', () => {
  expect(refused([{ ...first, server: second.server }, second, third], 'replica')).toBeNull();
});
