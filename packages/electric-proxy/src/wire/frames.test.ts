import { expect, test } from 'vitest';
import { encodeMessage } from './backend.ts';
import { createFrameReader, FrameError, type FramePiece, MESSAGE_BYTES_MAX } from './frames.ts';

const MESSAGES = [
  encodeMessage('Q', Buffer.from('SELECT 1\0')),
  encodeMessage('S'),
  encodeMessage('d', Buffer.alloc(30, 7)),
  encodeMessage('P', Buffer.from('\0text\0\0\0')),
  encodeMessage('H'),
];
const STREAM = Buffer.concat(MESSAGES);

function readAll(chunks: readonly Buffer[]): {
  readonly pieces: readonly FramePiece[];
  readonly seen: string;
} {
  let seen = '';
  const reader = createFrameReader((type) => {
    seen += String.fromCharCode(type);
    return type === 'Q'.charCodeAt(0) || type === 'P'.charCodeAt(0) ? 'hold' : 'stream';
  });
  const pieces: FramePiece[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let piece = reader.next(); piece !== null; piece = reader.next()) pieces.push(piece);
  }
  expect(reader.isBetweenMessages()).toBe(true);
  return { pieces, seen };
}

test('a stream cut at each byte gives the same bytes, whole held messages and one decision a message', () => {
  for (let cut = 0; cut <= STREAM.length; cut += 1) {
    for (const rest of [STREAM.length, cut + 1, cut + 6]) {
      const chunks = [STREAM.subarray(0, cut), STREAM.subarray(cut, rest), STREAM.subarray(rest)];
      const { pieces, seen } = readAll(chunks);
      expect(Buffer.concat(pieces.map((piece) => piece.bytes))).toEqual(STREAM);
      expect(seen).toBe('QSdPH');
      const held = pieces.filter((piece) => piece.kind === 'message').map((piece) => piece.bytes);
      expect(held).toEqual([MESSAGES[0], MESSAGES[3]]);
    }
  }
});

test('a stream byte by byte', () => {
  const { pieces } = readAll([...STREAM].map((byte) => Buffer.from([byte])));
  expect(Buffer.concat(pieces.map((piece) => piece.bytes))).toEqual(STREAM);
});

test('streamed messages that follow each other are one piece, not copied', () => {
  const stream = Buffer.concat([MESSAGES[1] ?? STREAM, MESSAGES[2] ?? STREAM, MESSAGES[4] ?? STREAM]);
  const { pieces } = readAll([stream]);
  expect(pieces).toHaveLength(1);
  expect(pieces[0]?.bytes.buffer).toBe(stream.buffer);
});

test.each([0, 3, MESSAGE_BYTES_MAX + 1, 0xffff_ffff])('a length of %i is refused', (length) => {
  const header = Buffer.from('Q\0\0\0\0');
  header.writeUInt32BE(length, 1);
  const reader = createFrameReader(() => 'stream');
  reader.push(header);
  expect(() => reader.next()).toThrow(FrameError);
});
