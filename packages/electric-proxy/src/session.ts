import { type Answers, type Awaited, createAnswers } from './answers.ts';
import {
  type CatalogueState,
  type ElectricCall,
  electricTag,
  mayBeElectric,
  type RewrittenQuery,
  rewriteQuery,
} from './intercept.ts';
import { encodeCommandComplete, encodeMessage } from './wire/backend.ts';
import { replacePosition } from './wire/error-position.ts';
import { type FrameFate, HEADER_BYTES } from './wire/frames.ts';

/** What to do with a message from the client. */
export type ClientAction =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** Find out whether the catalogue is there, call `setCatalogue`, and step with the same message again. */
  | { readonly kind: 'ensure-catalogue' };

/** What to do with a message from Postgres. `completed` is an ELECTRIC statement that has just succeeded. */
export interface ServerAction {
  readonly bytes: Buffer;
  readonly completed: ElectricCall | null;
}

/**
 * One session's decisions, without sockets or clock. The `…Fate` functions are called at each message's header, and
 * the `step…` functions with each message that was to be held; between them, in the order of the stream.
 */
export interface Session {
  clientFate(type: number, length: number): FrameFate;
  stepClient(message: Buffer): ClientAction;
  serverFate(type: number): FrameFate;
  stepServer(message: Buffer): ServerAction;
  setCatalogue(state: CatalogueState): void;
  /** True when Postgres owes no answer. */
  isIdle(): boolean;
  /** True once the client has said Terminate: that Postgres then closes the connection is no surprise. */
  hasTerminated(): boolean;
}

export interface SessionOptions {
  /** Longer messages are not looked into. */
  readonly interceptBytesMax: number;
  readonly onNotInspected?: (bytes: number) => void;
}

export function createSession({ interceptBytesMax, onNotInspected }: SessionOptions): Session {
  const answers = createAnswers();
  let catalogue: CatalogueState | null = null;
  let hasTerminated = false;

  const rewrite = (sql: Buffer): RewrittenQuery | null | 'unknown' => {
    if (!mayBeElectric(sql)) return null;
    if (catalogue === null) return rewriteQuery(sql, { kind: 'ready' }) === null ? null : 'unknown';
    const rewritten = rewriteQuery(sql, catalogue);
    // What stood in the way may be gone at the next attempt.
    if (rewritten !== null && catalogue.kind === 'failed') catalogue = null;
    return rewritten;
  };

  return {
    clientFate(type, length) {
      if (type === COPY_DATA) return 'stream';
      if (type === TERMINATE) hasTerminated = true;
      const isRead = type === QUERY || type === PARSE || (isNamed(type) && answers.isElectric());
      if (isRead && length <= interceptBytesMax) return 'hold';
      if (type === QUERY || type === PARSE) onNotInspected?.(length);
      const awaited = UNREAD[type];
      if (awaited === 'query') answers.expect({ kind: 'query', rewritten: null, completed: 0 });
      else if (awaited !== undefined) answers.expect(awaited);
      return 'stream';
    },
    stepClient(message) {
      const type = message[0];
      if (type !== QUERY && type !== PARSE) {
        answers.expect(readNamed(message));
        return { kind: 'send', bytes: message };
      }
      const parts = type === QUERY ? readQuery(message) : readParse(message);
      const rewritten = parts === null ? null : rewrite(parts.sql);
      if (rewritten === 'unknown') return { kind: 'ensure-catalogue' };
      if (type === QUERY) answers.expect({ kind: 'query', rewritten, completed: 0 });
      else if (rewritten === null && !answers.isElectric()) answers.expect(PARSE_UNREAD);
      else answers.expect({ kind: 'parse', name: parts?.name ?? null, rewritten });
      if (parts === null || rewritten === null) return { kind: 'send', bytes: message };
      const bytes = encodeMessage(String.fromCharCode(type), parts.before, rewritten.sql, parts.after);
      return { kind: 'send', bytes };
    },
    serverFate(type) {
      // Nearly all messages of a large answer; no other one needs to be quick.
      if (type === DATA_ROW || type === COPY_DATA) return 'stream';
      const isRead =
        (type === COMMAND_COMPLETE && answers.completing() !== null) ||
        (type === ERROR && answers.rewrittenAtHead() !== null) ||
        (type === READY_FOR_QUERY && answers.isElectric());
      if (isRead) return 'hold';
      answers.settle(type);
      return 'stream';
    },
    stepServer(message) {
      const type = message[0] ?? 0;
      const step = decideAnswer(answers, message);
      answers.settle(type, message[HEADER_BYTES]);
      return step;
    },
    setCatalogue(state) {
      catalogue = state;
    },
    isIdle: () => answers.head() === null,
    hasTerminated: () => hasTerminated,
  };
}

function decideAnswer(answers: Answers, message: Buffer): ServerAction {
  const type = message[0];
  if (type === COMMAND_COMPLETE) {
    const call = answers.completing();
    // Any other tag is not our call's: better an honest one than a wrong one.
    if (call !== null && message.toString('latin1', HEADER_BYTES, message.length - 1) === 'CALL') {
      return { bytes: encodeCommandComplete(electricTag(call)), completed: call };
    }
  }
  if (type === ERROR) {
    const rewritten = answers.rewrittenAtHead();
    if (rewritten !== null) {
      return { bytes: replacePosition(message, rewritten.originalPosition), completed: null };
    }
  }
  return { bytes: message, completed: null };
}

interface QueryParts {
  /** The content around the SQL; `after` begins with its closing zero. */
  readonly before: Buffer;
  readonly sql: Buffer;
  readonly after: Buffer;
  readonly name: string | null;
}

/** Null when the text isn't closed by a zero: Postgres says what is wrong with it. */
function readQuery(message: Buffer): QueryParts | null {
  return readText(message, HEADER_BYTES, null);
}

function readParse(message: Buffer): QueryParts | null {
  const nameEnd = message.indexOf(0, HEADER_BYTES);
  return nameEnd === -1
    ? null
    : readText(message, nameEnd + 1, message.toString('latin1', HEADER_BYTES, nameEnd));
}

function readText(message: Buffer, start: number, name: string | null): QueryParts | null {
  const end = message.indexOf(0, start);
  if (end === -1) return null;
  const before = message.subarray(HEADER_BYTES, start);
  return { before, sql: message.subarray(start, end), after: message.subarray(end), name };
}

/** Bind, Execute and Close: the names that they begin with. */
function readNamed(message: Buffer): Awaited {
  const word = (from: number): { readonly text: string; readonly next: number } => {
    const end = message.indexOf(0, from);
    return { text: message.toString('latin1', from, end === -1 ? message.length : end), next: end + 1 };
  };
  const type = message[0];
  if (type === CLOSE) {
    const what = message[HEADER_BYTES] === STATEMENT ? 'statement' : 'portal';
    return { kind: 'close', what, name: word(HEADER_BYTES + 1).text };
  }
  const portal = word(HEADER_BYTES);
  if (type === EXECUTE) return { kind: 'execute', portal: portal.text };
  return { kind: 'bind', portal: portal.text, statement: word(portal.next).text };
}

function isNamed(type: number): boolean {
  return type === BIND || type === EXECUTE || type === CLOSE;
}

const QUERY = 'Q'.charCodeAt(0);
const PARSE = 'P'.charCodeAt(0);
const BIND = 'B'.charCodeAt(0);
const EXECUTE = 'E'.charCodeAt(0);
const CLOSE = 'C'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);
const STATEMENT = 'S'.charCodeAt(0);
const COMMAND_COMPLETE = 'C'.charCodeAt(0);
const ERROR = 'E'.charCodeAt(0);
const READY_FOR_QUERY = 'Z'.charCodeAt(0);
const DATA_ROW = 'D'.charCodeAt(0);
const COPY_DATA = 'd'.charCodeAt(0);

const PARSE_UNREAD: Awaited = { kind: 'parse', name: null, rewritten: null };

/** What messages of a client are owed, when they are not read. */
const UNREAD: Readonly<Record<number, Awaited | 'query'>> = {
  [QUERY]: 'query',
  [PARSE]: PARSE_UNREAD,
  [BIND]: { kind: 'bind', portal: null, statement: '' },
  ['D'.charCodeAt(0)]: { kind: 'describe' },
  [EXECUTE]: { kind: 'execute', portal: null },
  [CLOSE]: { kind: 'close', what: null, name: '' },
  ['S'.charCodeAt(0)]: { kind: 'sync' },
  ['F'.charCodeAt(0)]: { kind: 'function' },
  ['c'.charCodeAt(0)]: { kind: 'copy-end' },
  ['f'.charCodeAt(0)]: { kind: 'copy-end' },
};
