import { cString, encodeMessage } from '../wire/backend.ts';

/** Messages of a client, for tests that speak the protocol themselves. */
export const frontend = {
  query: (sql: string) => encodeMessage('Q', cString(sql)),
  parse: (name: string, sql: string) => encodeMessage('P', cString(name), cString(sql), int16(0)),
  bind: (portal: string, statement: string) =>
    encodeMessage('B', cString(portal), cString(statement), int16(0), int16(0), int16(0)),
  describe: (what: 'S' | 'P', name: string) => encodeMessage('D', Buffer.from(what), cString(name)),
  execute: (portal: string) => encodeMessage('E', cString(portal), int16(0), int16(0)),
  close: (what: 'S' | 'P', name: string) => encodeMessage('C', Buffer.from(what), cString(name)),
  sync: () => encodeMessage('S'),
  flush: () => encodeMessage('H'),
  copyData: (data: Buffer | string) => encodeMessage('d', Buffer.from(data)),
  copyDone: () => encodeMessage('c'),
  copyFail: (why: string) => encodeMessage('f', cString(why)),
  terminate: () => encodeMessage('X'),
};

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
