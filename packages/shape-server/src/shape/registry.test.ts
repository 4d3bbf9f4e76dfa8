import type { Lsn } from '@lockstep/protocol';
import { expect, test } from 'vitest';
import type { Change, Column, Relation, SnapshotPoint, Table, Transaction } from '../source/source.ts';
import { defineShape } from './definition.ts';
import { createRegistry, LOG_BYTES_MAX } from './registry.ts';
import { isVisible } from './visibility.ts';

const column = (name: string, position: number, keyIndex: number | null): Column => ({
  name,
  position,
  typeOid: 25,
  typeModifier: -1,
  typeName: 'text',
  typeKind: 'base',
  isArray: false,
  dimensions: 0,
  notNull: keyIndex !== null,
  generated: false,
  keyIndex,
});
const TABLE: Table = {
  oid: 1,
  schema: 'public',
  name: 'items',
  columns: [column('id', 1, 0), column('title', 2, null)],
  hasFullIdentity: true,
  isPartitioned: false,
  membership: '7',
  publishesGenerated: true,
};
const RELATION: Relation = { oid: 1, schema: 'public', name: 'items', columns: TABLE.columns };
const lsn = (value: number) => BigInt(value) as Lsn;

const insert = (xid: number, at: number, id: string, title = 'x'): Transaction => {
  const change: Change = { kind: 'insert', relation: RELATION, operation: 0, row: [id, title] };
  return { xid, lsn: lsn(at), changes: [change], messages: [] };
};
const point = (at: number, xmax: number, running: readonly number[] = []): SnapshotPoint => ({
  xmin: BigInt(Math.min(xmax, ...running)),
  xmax: BigInt(xmax),
  running: running.map(BigInt),
  lsn: lsn(at),
});

function begin() {
  const registry = createRegistry({ chunkBytes: 1_000_000_000, nowMs: () => 1 });
  const definition = defineShape({
    table: TABLE,
    columns: null,
    where: null,
    replica: 'default',
    mode: 'full',
  });
  const create = () => {
    const found = registry.findOrCreate(definition, registry.tick());
    if (found === null) throw new Error('The definition is stale.');
    return found.shape;
  };
  return { registry, create };
}

const keysOf = (shape: ReturnType<ReturnType<typeof begin>['create']>) =>
  shape.log
    .readAfter({ lsn: lsn(0), operation: 0 })
    .messages()
    .map((message) => (JSON.parse(message) as { value: { id: string } }).value.id);

test('a transaction is in the snapshot or in the log, wherever its commit lies', () => {
  const { registry, create } = begin();
  const shape = create();
  registry.accept(insert(100, 10, 'seen'));
  // Its commit was written before the snapshot, but others did not see it yet.
  registry.accept(insert(103, 20, 'committed, not seen'));
  registry.accept(insert(104, 30, 'seen too'));
  shape.follow(point(40, 105, [103]), TABLE, registry.tick());
  registry.accept(insert(101, 35, 'seen as well'));
  registry.accept(insert(102, 50, 'later, with an older id'));
  expect(keysOf(shape)).toEqual(['committed, not seen', 'later, with an older id']);
});

test('a snapshot that does not see what was received before the shape existed is taken again', () => {
  const { registry, create } = begin();
  registry.accept(insert(100, 10, 'received before'));
  const shape = create();
  registry.accept(insert(101, 20, 'received after'));
  expect(registry.hasSeenAll(shape, point(30, 102, [100]))).toBe(false);
  expect(registry.hasSeenAll(shape, point(30, 102, [101]))).toBe(true);
});

test('the position that is told is never ahead of a log', () => {
  const { registry, create } = begin();
  const shape = create();
  shape.follow(point(5, 90), TABLE, registry.tick());
  let told = lsn(0);
  const waited = shape.wait({ lsn: lsn(5), operation: 0 }, 10_000, new AbortController().signal).then(() => {
    told = registry.lastLsn;
  });
  registry.accept(insert(100, 10, 'a'));
  expect(registry.lastLsn).toBe(10n);
  expect(shape.log.last).toEqual({ lsn: 10n, operation: 0 });
  return waited.then(() => expect(told).toBe(10n));
});

test('an older look at the catalogue does not end a newer shape', () => {
  const { registry, create } = begin();
  const before = registry.tick();
  const shape = create();
  shape.follow(point(5, 90), TABLE, registry.tick());
  registry.retireStale(TABLE, { ...TABLE, membership: null }, before);
  expect(shape.isGone).toBe(false);
  registry.retireStale(TABLE, { ...TABLE, membership: null }, registry.tick());
  expect(shape.isGone).toBe(true);
  expect(create().handle).not.toBe(shape.handle);
});

test('a log that grows past its limit ends its shape', () => {
  const { registry, create } = begin();
  const shape = create();
  shape.follow(point(5, 90), TABLE, registry.tick());
  const title = 'x'.repeat(8 * 1024 * 1024);
  for (let number = 0; number < LOG_BYTES_MAX / title.length; number += 1) {
    expect(shape.isGone).toBe(false);
    registry.accept(insert(100 + number, 10 + number, String(number), title));
  }
  expect(shape.isGone).toBe(true);
  expect(registry.size).toBe(0);
});

test('a shape that nobody asks for is dropped, one that is waited for is not', () => {
  const { registry, create } = begin();
  const shape = create();
  shape.follow(point(5, 90), TABLE, registry.tick());
  const abort = new AbortController();
  void shape.wait({ lsn: lsn(5), operation: 0 }, 60_000, abort.signal);
  registry.retireIdle(Number.MAX_SAFE_INTEGER);
  expect(shape.isGone).toBe(false);
  abort.abort();
  registry.retireIdle(Number.MAX_SAFE_INTEGER);
  expect(shape.isGone).toBe(true);
});

test('transaction ids of 32 bits are compared across their wraparound', () => {
  const epoch = 3n << 32n;
  const near = (xmin: bigint, xmax: bigint, running: readonly bigint[] = []) => ({
    xmin,
    xmax,
    running,
    lsn: lsn(0),
  });
  expect(isVisible(0xfffffff0, near(epoch + 5n, epoch + 5n))).toBe(true);
  expect(isVisible(10, near(epoch + 5n, epoch + 5n))).toBe(false);
  expect(isVisible(10, near(epoch - 5n, epoch - 5n))).toBe(false);
  expect(isVisible(0xfffffff0, near(epoch - 16n, epoch + 5n, [epoch - 16n]))).toBe(false);
});
