import type { ElectricCall, RewrittenQuery } from './intercept.ts';

/**
 * An answer that Postgres still owes, one for each message that has one. What is not needed to find the answers of
 * ELECTRIC statements is left out, so that the others share one object.
 */
export type Awaited =
  | { readonly kind: 'query'; readonly rewritten: RewrittenQuery | null; completed: number }
  | { readonly kind: 'parse'; readonly name: string | null; readonly rewritten: RewrittenQuery | null }
  | { readonly kind: 'bind'; readonly portal: string | null; readonly statement: string }
  | { readonly kind: 'describe' }
  | { readonly kind: 'execute'; readonly portal: string | null }
  | { readonly kind: 'close'; readonly what: 'statement' | 'portal' | null; readonly name: string }
  | { readonly kind: 'sync' }
  | { readonly kind: 'function' }
  /** No answer of its own: the client's end of a COPY, sent before Postgres said that one has begun. */
  | { readonly kind: 'copy-end' };

/** The answers owed, in order, and the ELECTRIC statements that the session has prepared. */
export interface Answers {
  expect(awaited: Awaited): void;
  /** What Postgres answers next. */
  head(): Awaited | null;
  /** Follows a message from Postgres. `status` is that of a ReadyForQuery, if it was read. */
  settle(type: number, status?: number): void;
  /** The ELECTRIC statement whose CommandComplete comes next, if it is one. */
  completing(): ElectricCall | null;
  /** Whether an error that comes next stands in a rewritten text. */
  rewrittenAtHead(): RewrittenQuery | null;
  /** True while statements or portals of ELECTRIC statements exist or may come to exist. */
  isElectric(): boolean;
}

const SYNC_OWNERS: readonly Awaited['kind'][] = ['query', 'sync', 'function'];

export function createAnswers(): Answers {
  const queue = createQueue<Awaited>();
  const statements = new Map<string, ElectricCall>();
  const portals = new Map<string, ElectricCall>();
  /** After an error in the extended protocol Postgres ignores everything up to the next Sync. */
  let isSkipping = false;
  /** Between CopyInResponse and the client's end of the data Postgres ignores Sync. */
  let isCopyingIn = false;
  /** Rewritten Parse messages not answered yet. */
  let preparing = 0;

  const head = (): Awaited | null => {
    while (queue.head()?.kind === 'copy-end') queue.shift();
    return queue.head();
  };
  const shift = (kind: Awaited['kind']): void => {
    if (head()?.kind === kind) forget(queue.shift());
  };
  const forget = (awaited: Awaited | null): void => {
    if (awaited?.kind === 'parse' && awaited.rewritten !== null) preparing -= 1;
  };
  const skipToSync = (): void => {
    while (queue.head() !== null && queue.head()?.kind !== 'sync') forget(queue.shift());
    isSkipping = queue.head() === null;
  };
  const startCopyIn = (): void => {
    head();
    const end = queue.findIndex((awaited, index) => index > 0 && awaited.kind === 'copy-end');
    const until = end === -1 ? queue.length() : end + 1;
    queue.filter((awaited, index) => index === 0 || index >= until || !isIgnoredInCopy(awaited));
    isCopyingIn = end === -1;
  };
  const settleParse = (): void => {
    const parsed = head();
    if (parsed?.kind === 'parse' && parsed.name !== null) {
      const call = parsed.rewritten?.calls.get(0);
      if (call === undefined) statements.delete(parsed.name);
      else statements.set(parsed.name, call);
    }
    shift('parse');
  };
  const settleBind = (): void => {
    const bound = head();
    if (bound?.kind === 'bind' && bound.portal !== null) {
      const call = statements.get(bound.statement);
      if (call === undefined) portals.delete(bound.portal);
      else portals.set(bound.portal, call);
    }
    shift('bind');
  };
  const settleClose = (): void => {
    const closed = head();
    if (closed?.kind === 'close' && closed.what !== null) {
      (closed.what === 'statement' ? statements : portals).delete(closed.name);
    }
    shift('close');
  };
  const settleComplete = (): void => {
    const completed = head();
    if (completed?.kind === 'query') completed.completed += 1;
    else shift('execute');
  };
  const settleError = (): void => {
    isCopyingIn = false;
    const kind = head()?.kind;
    if (kind === undefined || !SYNC_OWNERS.includes(kind)) skipToSync();
  };
  const settleReady = (status: number | undefined): void => {
    isSkipping = false;
    isCopyingIn = false;
    const kind = head()?.kind;
    if (kind !== undefined && SYNC_OWNERS.includes(kind)) queue.shift();
    // Portals live as long as their transaction.
    if (status === IDLE) portals.clear();
  };

  return {
    expect(awaited) {
      if (awaited.kind === 'copy-end' && isCopyingIn) {
        isCopyingIn = false;
        return;
      }
      if (isCopyingIn && isIgnoredInCopy(awaited)) return;
      if (isSkipping) {
        if (awaited.kind !== 'sync') return;
        isSkipping = false;
      }
      if (awaited.kind === 'parse' && awaited.rewritten !== null) preparing += 1;
      queue.push(awaited);
    },
    head,
    settle(type, status) {
      if (type === READY_FOR_QUERY) settleReady(status);
      else if (type === COMMAND_COMPLETE) settleComplete();
      else if (type === PORTAL_SUSPENDED || type === EMPTY_QUERY) shift('execute');
      else if (type === PARSE_COMPLETE) settleParse();
      else if (type === BIND_COMPLETE) settleBind();
      else if (type === CLOSE_COMPLETE) settleClose();
      else if (type === ROW_DESCRIPTION || type === NO_DATA) shift('describe');
      else if (type === COPY_IN) startCopyIn();
      else if (type === ERROR) settleError();
    },
    completing() {
      const next = head();
      if (next?.kind === 'query') return next.rewritten?.calls.get(next.completed) ?? null;
      return next?.kind === 'execute' && next.portal !== null ? (portals.get(next.portal) ?? null) : null;
    },
    rewrittenAtHead() {
      const next = head();
      return next?.kind === 'query' || next?.kind === 'parse' ? next.rewritten : null;
    },
    isElectric: () => preparing > 0 || statements.size > 0 || portals.size > 0,
  };
}

/** Flush has no answer and is never in the queue. */
function isIgnoredInCopy({ kind }: Awaited): boolean {
  return kind === 'sync' || kind === 'copy-end';
}

const IDLE = 'I'.charCodeAt(0);
const READY_FOR_QUERY = 'Z'.charCodeAt(0);
const COMMAND_COMPLETE = 'C'.charCodeAt(0);
const PORTAL_SUSPENDED = 's'.charCodeAt(0);
const EMPTY_QUERY = 'I'.charCodeAt(0);
const PARSE_COMPLETE = '1'.charCodeAt(0);
const BIND_COMPLETE = '2'.charCodeAt(0);
const CLOSE_COMPLETE = '3'.charCodeAt(0);
const ROW_DESCRIPTION = 'T'.charCodeAt(0);
const NO_DATA = 'n'.charCodeAt(0);
const COPY_IN = 'G'.charCodeAt(0);
const ERROR = 'E'.charCodeAt(0);

interface Queue<Item> {
  head(): Item | null;
  push(item: Item): void;
  shift(): Item | null;
  length(): number;
  findIndex(test: (item: Item, index: number) => boolean): number;
  filter(keep: (item: Item, index: number) => boolean): void;
}

/** `Array.shift` is linear in a long array, and a pipeline may have a hundred thousand messages under way. */
function createQueue<Item>(): Queue<Item> {
  let items: Item[] = [];
  let first = 0;
  const compact = () => {
    items = items.slice(first);
    first = 0;
  };
  return {
    head: () => items[first] ?? null,
    push: (item) => {
      items.push(item);
    },
    shift() {
      const item = items[first] ?? null;
      if (item === null) return null;
      first += 1;
      if (first === items.length) {
        items.length = 0;
        first = 0;
      } else if (first > 1024 && first * 2 > items.length) compact();
      return item;
    },
    length: () => items.length - first,
    findIndex(test) {
      compact();
      return items.findIndex(test);
    },
    filter(keep) {
      compact();
      items = items.filter(keep);
    },
  };
}
