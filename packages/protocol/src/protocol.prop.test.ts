import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteIdentifier, quoteLiteral } from './identifier.ts';
import { compareOffsets, formatLsn, formatOffset, type Lsn, parseLsn, parseOffset } from './lsn.ts';
import { decodeMultiplexParts, encodeMultiplexPart } from './multiplex.ts';
import { formatRowKey } from './shape-message.ts';
import { formatVersionHeader, parseVersionHeader } from './version.ts';

const lsn = fc.bigInt(0n, 2n ** 64n - 1n) as fc.Arbitrary<Lsn>;

test('an LSN survives being written as Postgres and as Electric write it', () => {
  fc.assert(
    fc.property(lsn, (value) => {
      expect(parseLsn(formatLsn(value))).toBe(value);
      expect(parseLsn(String(value))).toBe(value);
    }),
  );
});

test('an offset survives being written', () => {
  const operation = fc.oneof(fc.nat(), fc.constant(Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(lsn, operation, (at, op) => {
      const offset = { kind: 'at', lsn: at, operation: op } as const;
      expect(parseOffset(formatOffset(offset))).toEqual(offset);
      expect(compareOffsets(offset, offset)).toBe(0);
    }),
  );
});

test.each(['-1', 'now'])('the offset %s has a meaning of its own', (text) => {
  expect(formatOffset(parseOffset(text) ?? { kind: 'start' })).toBe(text);
});

test.each(['', '10', '1_2_3', '-2_1', '1_-1', 'garbage'])('%j is no offset', (text) => {
  expect(parseOffset(text)).toBeNull();
});

test('multiplexed parts arrive as they were sent, in order', () => {
  const part = fc.record({
    id: fc.string(),
    status: fc.integer({ min: 200, max: 599 }),
    headers: fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,20}$/), fc.string()),
    body: fc.uint8Array(),
  });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const bytes = Buffer.concat(parts.map(encodeMultiplexPart));
      const read = decodeMultiplexParts(new Uint8Array(bytes));
      expect(read.map(({ body, ...head }) => ({ ...head, body: [...body] }))).toEqual(
        parts.map(({ body, ...head }) => ({ ...head, headers: { ...head.headers }, body: [...body] })),
      );
    }),
  );
});

test('a multiplexed answer that is cut short is refused', () => {
  const bytes = encodeMultiplexPart({ id: 'a', status: 200, headers: {}, body: new Uint8Array([1, 2, 3]) });
  for (let length = 1; length < bytes.byteLength; length++) {
    expect(() => decodeMultiplexParts(bytes.subarray(0, length))).toThrow(RangeError);
  }
});

test('the version header says the version, or that there is none', () => {
  const version = { tag: '0007_add_estimate', index: 7, chain: 'ab'.repeat(32) };
  expect(parseVersionHeader(formatVersionHeader(version))).toEqual(version);
  expect(parseVersionHeader(formatVersionHeader(null))).toBeNull();
  expect(parseVersionHeader('nonsense')).toBeUndefined();
});

test('names and texts are quoted as Postgres reads them', () => {
  expect(quoteIdentifier('my"col')).toBe('"my""col"');
  expect(quoteLiteral("it's")).toBe("'it''s'");
  expect(quoteLiteral('a\\b')).toBe("E'a\\\\b'");
});

test('row keys have the form that Electric gives them', () => {
  expect(formatRowKey('public', 'a/b.c', ['1', null, 'x/y'])).toBe('"public"."a//b..c"/"1"/_/"x//y"');
});
