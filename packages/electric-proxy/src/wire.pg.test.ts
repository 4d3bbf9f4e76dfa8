import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { frontend } from './testing/frontend.ts';
import { startTestProxy, type TestProxy } from './testing/proxy.ts';

let under: TestProxy;

beforeAll(async () => {
  under = await startTestProxy({ limits: { handshakeMs: 3000, connectionsMax: 40, drainMs: 1000 } });
});
afterEach(() => under.reset());
afterAll(() => under.close());

const ENABLE = 'ALTER TABLE items ENABLE ELECTRIC';

describe('the extended protocol by hand', () => {
  test('a pipeline with named statements and portals, prepared before the table exists', async () => {
    const raw = await under.connectRaw();
    raw.send(
      frontend.parse('make', 'CREATE TABLE items (id int PRIMARY KEY)'),
      frontend.parse('other', 'SELECT 1'),
      frontend.bind('', 'make'),
      frontend.execute(''),
      frontend.parse('on', ENABLE),
      frontend.describe('S', 'on'),
      frontend.bind('p1', 'on'),
      frontend.bind('p2', 'other'),
      frontend.describe('P', 'p1'),
      frontend.execute('p2'),
      frontend.execute('p1'),
      frontend.close('S', 'on'),
      frontend.sync(),
      frontend.query('SELECT 2'),
    );
    expect(await raw.until(2)).toEqual([
      '1',
      '1',
      '2',
      'C:CREATE TABLE',
      '1',
      't',
      'n',
      '2',
      '2',
      'n',
      'D',
      'C:SELECT 1',
      'C:ELECTRIC ENABLE',
      '3',
      'Z:I',
      'T',
      'D',
      'C:SELECT 1',
      'Z:I',
    ]);
  });

  test('a prepared ENABLE ELECTRIC finds the table when it runs', async () => {
    const raw = await under.connectRaw();
    raw.send(frontend.parse('on', ENABLE), frontend.sync());
    expect(await raw.until(1)).toEqual(['1', 'Z:I']);
    const run = [frontend.bind('', 'on'), frontend.execute(''), frontend.sync()];
    raw.send(...run);
    expect(await raw.until(1)).toEqual(['2', 'E:42P01', 'Z:I']);
    for (let round = 0; round < 2; round += 1) {
      raw.send(frontend.query('DROP TABLE IF EXISTS items; CREATE TABLE items (id int PRIMARY KEY)'), ...run);
      const answers = await raw.until(2);
      expect(answers.at(-2)).toBe('C:ELECTRIC ENABLE');
    }
    // The second table of the name is told apart from the first.
    expect(await under.database.query('SELECT table_name, epoch FROM electric.electrified')).toEqual([
      { table_name: 'items', epoch: 2 },
    ]);
  });

  test('after an error everything up to Sync is skipped, and the tags still fit', async () => {
    const raw = await under.connectRaw();
    raw.send(frontend.query('CREATE TABLE items (id int PRIMARY KEY)'));
    await raw.until(1);
    raw.send(
      frontend.parse('', ENABLE),
      frontend.bind('', ''),
      frontend.parse('', 'SELECT oops'),
      frontend.execute(''),
      frontend.sync(),
      frontend.parse('', ENABLE),
      frontend.bind('', ''),
      frontend.execute(''),
      frontend.sync(),
    );
    expect(await raw.until(2)).toEqual(['1', '2', 'E:42703', 'Z:I', '1', '2', 'C:ELECTRIC ENABLE', 'Z:I']);
  });

  test('COPY in the extended protocol with a Sync sent ahead, as libpq does', async () => {
    const raw = await under.connectRaw();
    raw.send(
      frontend.query('CREATE TABLE items (id int PRIMARY KEY)'),
      frontend.parse('', 'COPY items FROM STDIN'),
      frontend.bind('', ''),
      frontend.execute(''),
      frontend.sync(),
      frontend.copyData('1\n2\n'),
      frontend.copyDone(),
      frontend.sync(),
      frontend.query(ENABLE),
    );
    expect(await raw.until(3)).toEqual([
      'C:CREATE TABLE',
      'Z:I',
      '1',
      '2',
      'G',
      'C:COPY 2',
      'Z:I',
      'C:ELECTRIC ENABLE',
      'Z:I',
    ]);
  });

  test('messages that arrive byte by byte', async () => {
    const raw = await under.connectRaw();
    const messages = Buffer.concat([
      frontend.query(`CREATE TABLE items (id int PRIMARY KEY); ${ENABLE}; SELECT 1`),
      frontend.parse('', 'ALTER TABLE items DISABLE ELECTRIC'),
      frontend.bind('', ''),
      frontend.execute(''),
      frontend.sync(),
    ]);
    for (const byte of messages) {
      raw.socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(await raw.until(2)).toEqual([
      'C:CREATE TABLE',
      'C:ELECTRIC ENABLE',
      'T',
      'D',
      'C:SELECT 1',
      'Z:I',
      '1',
      '2',
      'C:ELECTRIC DISABLE',
      'Z:I',
    ]);
  });

  test('garbage after the log-in ends that session with an error', async () => {
    const raw = await under.connectRaw();
    raw.send(Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
    expect(await raw.ended()).toEqual(['E:08P01']);
  });

  test('a client that says Terminate, and closes a moment later, is told of no lost connection', async () => {
    const raw = await under.connectRaw();
    raw.send(frontend.terminate());
    expect(await raw.ended()).toEqual([]);
  });

  test('a half-closed client still gets its answers', async () => {
    const raw = await under.connectRaw();
    raw.socket.end(frontend.query('SELECT pg_sleep(0.05); SELECT 1'));
    expect(await raw.ended()).toEqual(['T', 'D', 'C:SELECT 1', 'T', 'D', 'C:SELECT 1', 'Z:I']);
  });
});

describe('before the log-in', () => {
  const open = async (): Promise<Socket> => {
    const socket = connectSocket(under.proxy.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const all = async (socket: Socket): Promise<string> => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    return Buffer.concat(chunks).toString('latin1');
  };
  const packet = (code: number, rest = ''): Buffer => {
    const bytes = Buffer.alloc(8 + rest.length);
    bytes.writeUInt32BE(bytes.length);
    bytes.writeUInt32BE(code, 4);
    bytes.write(rest, 8, 'latin1');
    return bytes;
  };

  test('TLS and GSS are declined, and the log-in goes on', async () => {
    const socket = await open();
    socket.write(packet(80_877_103));
    const [tls] = await once(socket, 'data');
    socket.write(packet(80_877_104));
    const [gss] = await once(socket, 'data');
    expect(`${tls}${gss}`).toBe('NN');
    for (const byte of packet(3 << 16, 'user\0me\0\0')) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    const [authentication] = await once(socket, 'data');
    expect(String(authentication)).toContain('SCRAM-SHA-256');
    socket.destroy();
  });

  test('a newer minor version is negotiated down', async () => {
    const socket = await open();
    socket.write(packet((3 << 16) + 2, 'user\0me\0_pq_.wish\0on\0\0'));
    const [answer] = await once(socket, 'data');
    expect(String(answer).slice(5)).toMatch('\0\x03\0\0\0\0\0\x01_pq_.wish\0R');
    socket.destroy();
  });

  test.each([
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', '08P01'],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '08P01'],
    ['an enormous packet', '\0\xff\xff\xff', '08P01'],
    ['protocol 2', '\0\0\0\x08\0\x02\0\0', '0A000'],
    ['no user', '\0\0\0\x09\0\x03\0\0\0', '28000'],
  ])('%s is refused with an error', async (_, bytes, code) => {
    const socket = await open();
    socket.write(Buffer.from(bytes, 'latin1'));
    expect(await all(socket)).toContain(`C${code}\0`);
  });

  test('a message in place of the password, and one that is too long', async () => {
    for (const message of [frontend.query('SELECT 1'), Buffer.from('p\0\xff\xff\xff', 'latin1')]) {
      const socket = await open();
      socket.write(Buffer.concat([packet(3 << 16, 'user\0me\0\0'), message]));
      expect(await all(socket)).toContain('C08P01\0');
    }
  });

  test('a client that says nothing is sent away', async () => {
    const socket = await open();
    expect(await all(socket)).toContain('the handshake took too long');
  });

  test('a cancel request with an unknown key does nothing', async () => {
    const socket = await open();
    socket.write(packet(80_877_102, '\0\0\0\x01\0\0\0\x02'));
    expect(await all(socket)).toBe('');
    expect(under.events).toContainEqual(expect.objectContaining({ kind: 'cancelled', isKnown: false }));
    expect(under.proxy.counters.cancelled).toBe(0);
  });

  test('one client too many is told so', async () => {
    const sockets = await Promise.all(Array.from({ length: 40 }, open));
    await vi.waitFor(() => expect(under.proxy.counters.open).toBe(40));
    await expect(under.connect()).rejects.toMatchObject({ code: '53300' });
    for (const socket of sockets) socket.destroy();
  });
});
