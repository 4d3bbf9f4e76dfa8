import { encodeCommandComplete, encodeError, encodeMessage, encodeReadyForQuery } from '../wire/backend.ts';

/**
 * A Postgres in small, for property tests: it follows the protocol's rules of order, skipping and copying to the letter,
 * and its statements are words. Told to, it understands ENABLE ELECTRIC itself, which makes it the oracle.
 */
export interface ModelServer {
  /** One message of a client to what is answered. */
  take(message: Buffer): Buffer;
}

export function createModelServer({ knowsElectric }: { readonly knowsElectric: boolean }): ModelServer {
  const statements = new Map<string, string>();
  const portals = new Map<string, { readonly sql: string; isDone: boolean }>();
  let isSkipping = false;
  /** Statements of a simple query that wait behind a COPY; null within the extended protocol. */
  let copying: { readonly rest: readonly string[] | null } | null = null;

  const tagOf = (sql: string): string | null => {
    if (sql === 'FAIL') return null;
    if (/^ALTER TABLE \w+ (ENABLE|DISABLE) ELECTRIC$/.test(sql)) {
      return knowsElectric ? `ELECTRIC ${sql.split(' ')[3]}` : null;
    }
    return sql.split(/[ (]/)[0] ?? null;
  };
  const ready = () => {
    portals.clear();
    return encodeReadyForQuery();
  };
  const failure = () => encodeError({ severity: 'ERROR', code: 'XX001', message: 'no' });
  const failExtended = (): Buffer => {
    isSkipping = true;
    return failure();
  };
  const runAll = (sqls: readonly string[]): Buffer => {
    const answers: Buffer[] = [];
    for (const [index, sql] of sqls.entries()) {
      const tag = tagOf(sql);
      if (tag === null) return Buffer.concat([...answers, failure(), ready()]);
      if (tag === 'COPY') {
        copying = { rest: sqls.slice(index + 1) };
        return Buffer.concat([...answers, COPY_IN]);
      }
      answers.push(encodeCommandComplete(tag));
    }
    return Buffer.concat([...answers, ready()]);
  };
  const takeCopy = (type: string, { rest }: { readonly rest: readonly string[] | null }): Buffer => {
    if (type !== 'c' && type !== 'f') return NOTHING;
    copying = null;
    if (type === 'f') return rest === null ? failExtended() : Buffer.concat([failure(), ready()]);
    const done = encodeCommandComplete('COPY 0');
    return rest === null ? done : Buffer.concat([done, runAll(rest)]);
  };
  const execute = (portal: string): Buffer => {
    const bound = portals.get(portal);
    if (bound === undefined || bound.isDone) return failExtended();
    bound.isDone = true;
    const tag = tagOf(bound.sql);
    if (tag === null) return failExtended();
    if (tag !== 'COPY') return encodeCommandComplete(tag);
    copying = { rest: null };
    return COPY_IN;
  };

  return {
    take(message) {
      const type = String.fromCharCode(message[0] ?? 0);
      const words = message.toString('utf8', 5).split('\0');
      const [first = '', second = ''] = words;
      if (copying !== null) return takeCopy(type, copying);
      if (type === 'S') {
        isSkipping = false;
        return ready();
      }
      if (isSkipping) return NOTHING;
      if (type === 'Q') {
        statements.delete('');
        portals.delete('');
        const sqls = first
          .split(';')
          .map((sql) => sql.trim())
          .filter((sql) => sql !== '');
        return sqls.length === 0 ? Buffer.concat([encodeMessage('I'), ready()]) : runAll(sqls);
      }
      if (type === 'P') {
        if (second === 'BAD' || (first !== '' && statements.has(first))) return failExtended();
        statements.set(first, second.trim());
        return encodeMessage('1');
      }
      if (type === 'B') {
        const sql = statements.get(second);
        if (sql === undefined || (first !== '' && portals.has(first))) return failExtended();
        portals.set(first, { sql, isDone: false });
        return encodeMessage('2');
      }
      if (type === 'D') {
        const isKnown = (first.startsWith('S') ? statements : portals).has(first.slice(1));
        if (!isKnown) return failExtended();
        return first.startsWith('S')
          ? Buffer.concat([encodeMessage('t', Buffer.alloc(2)), encodeMessage('n')])
          : encodeMessage('n');
      }
      if (type === 'E') return execute(first);
      if (type === 'C') {
        (first.startsWith('S') ? statements : portals).delete(first.slice(1));
        return encodeMessage('3');
      }
      return NOTHING;
    },
  };
}

const NOTHING = Buffer.alloc(0);
const COPY_IN = encodeMessage('G', Buffer.from([0, 0, 0]));
