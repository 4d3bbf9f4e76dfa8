import { encodeMessage } from './backend.ts';
import { HEADER_BYTES } from './frames.ts';

const POSITION = 'P'.charCodeAt(0);

/** An ErrorResponse with the position of its error moved; unchanged when it names none. */
export function replacePosition(message: Buffer, move: (position: number) => number): Buffer {
  const fields: Buffer[] = [];
  let isMoved = false;
  for (let at = HEADER_BYTES; message[at] !== 0 && at < message.length; ) {
    const end = message.indexOf(0, at);
    if (end === -1) return message;
    if (message[at] === POSITION) {
      fields.push(Buffer.from(`P${move(Number(message.toString('latin1', at + 1, end)))}\0`));
      isMoved = true;
    } else {
      fields.push(message.subarray(at, end + 1));
    }
    at = end + 1;
  }
  return isMoved ? encodeMessage('E', ...fields, Buffer.from([0])) : message;
}
