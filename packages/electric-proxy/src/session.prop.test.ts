import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSession, type Session } from './session.ts';
import { frontend } from './testing/frontend.ts';
import { createModelServer } from './testing/model-server.ts';
import { createPipe, splitMessages } from './testing/pipe.ts';
import { encodeCommandComplete } from './wire/backend.ts';

const NAMES = ['', 'a', 'b'] as const;
const name = fc.constantFrom(...NAMES);
const word = fc.constantFrom(
  'SELECT 1',
  'CALL other()',
  'ALTER TABLE items ENABLE ELECTRIC',
  ' ALTER TABLE items DISABLE ELECTRIC ',
  'FAIL',
  'BAD',
);
/** What a client sends when it believes that a COPY runs. */
const copied = fc
  .tuple(
    fc.array(fc.constantFrom(frontend.copyData('1'), frontend.sync(), frontend.flush()), { maxLength: 3 }),
    fc.boolean(),
  )
  .map(([noise, isGood]) => [...noise, isGood ? frontend.copyDone() : frontend.copyFail('no')]);

const simple = fc.array(word, { maxLength: 4 }).map((sqls) => [frontend.query(sqls.join(';'))]);
const simpleCopy = fc
  .tuple(fc.array(word, { maxLength: 2 }), fc.array(word, { maxLength: 2 }), copied)
  .map(([before, after, data]) => [frontend.query([...before, 'COPY', ...after].join(';')), ...data]);
const extended = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(name, word).map(([statement, sql]) => [frontend.parse(statement, sql)]) },
  {
    weight: 3,
    arbitrary: fc.tuple(name, name).map(([portal, statement]) => [frontend.bind(portal, statement)]),
  },
  { weight: 3, arbitrary: name.map((portal) => [frontend.execute(portal)]) },
  { weight: 3, arbitrary: fc.constant([frontend.sync()]) },
  fc
    .tuple(fc.constantFrom('S' as const, 'P' as const), name)
    .map(([what, of]) => [frontend.describe(what, of)]),
  fc.tuple(fc.constantFrom('S' as const, 'P' as const), name).map(([what, of]) => [frontend.close(what, of)]),
  fc.constant([frontend.flush()]),
);
/** The usual way of a driver, with every step likely to succeed. */
const whole = fc
  .tuple(name, name, word)
  .map(([statement, portal, sql]) => [
    frontend.close('S', statement),
    frontend.parse(statement, sql),
    frontend.describe('S', statement),
    frontend.bind(portal, statement),
    frontend.execute(portal),
    frontend.sync(),
  ]);
const extendedCopy = fc
  .tuple(name, copied)
  .map(([portal, data]) => [
    frontend.parse('', 'COPY'),
    frontend.bind(portal, ''),
    frontend.execute(portal),
    ...data,
    frontend.sync(),
  ]);
const script = fc
  .array(fc.oneof(simple, simpleCopy, extended, extended, whole, extendedCopy), { maxLength: 14 })
  .map((atoms) => Buffer.concat(atoms.flat()));
const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 40 }));
const turns = fc.infiniteStream(fc.boolean());

function direct(client: Buffer): string {
  const server = createModelServer({ knowsElectric: true });
  return Buffer.concat(splitMessages(client).map((message) => server.take(message))).toString('latin1');
}

/** Both directions cut anywhere, Postgres answering as late as it likes. */
function proxied(session: Session, client: Buffer, cut: Iterator<number>, turn: Iterator<boolean>): string {
  const pipe = createPipe(session);
  const server = createModelServer({ knowsElectric: false });
  const received: Buffer[] = [];
  let unsent = client;
  let inbox: Buffer = Buffer.alloc(0);
  let outbox: Buffer = Buffer.alloc(0);
  const step = (): number => cut.next().value;
  const serve = () => {
    const [message] = splitMessages(inbox);
    if (message === undefined) return;
    inbox = inbox.subarray(message.length);
    outbox = Buffer.concat([outbox, server.take(message)]);
  };
  while (unsent.length > 0 || splitMessages(inbox).length > 0 || outbox.length > 0) {
    if (unsent.length > 0 && turn.next().value === true) {
      const bytes = step();
      inbox = Buffer.concat([inbox, pipe.toServer(unsent.subarray(0, bytes))]);
      unsent = unsent.subarray(bytes);
    } else if (outbox.length > 0 && turn.next().value === true) {
      const bytes = step();
      received.push(pipe.toClient(outbox.subarray(0, bytes)));
      outbox = outbox.subarray(bytes);
    } else serve();
  }
  return Buffer.concat(received).toString('latin1');
}

const property = (make: () => Session) =>
  fc.property(script, cuts, turns, (client, cut, turn) => {
    expect(proxied(make(), client, cut, turn)).toBe(direct(client));
  });

test('B7: through the proxy every script of messages is answered as by a Postgres that knows ELECTRIC', () => {
  const make = () => createSession({ interceptBytesMax: 1_000_000 });
  const outcome = fc.check(property(make), { seed: 20_261_120, numRuns: 1500 });
  expect(fc.defaultReportMessage(outcome)).toBeUndefined();
});

test('control: a proxy that gives every CALL after an ELECTRIC statement its tag is caught', () => {
  const careless = (): Session => {
    const session = createSession({ interceptBytesMax: 1_000_000 });
    let isElectric = false;
    return {
      ...session,
      stepClient(message) {
        const action = session.stepClient(message);
        isElectric ||= action.kind === 'send' && action.bytes !== message;
        return action;
      },
      serverFate: () => 'hold',
      stepServer: (bytes) =>
        isElectric && bytes.toString('latin1', 5).startsWith('CALL')
          ? { bytes: encodeCommandComplete('ELECTRIC ENABLE'), completed: null }
          : { bytes, completed: null },
    };
  };
  expect(fc.check(property(careless), { seed: 20_261_120, numRuns: 1500 }).failed).toBe(true);
});
