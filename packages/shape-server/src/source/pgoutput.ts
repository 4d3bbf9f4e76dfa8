import type { Lsn } from '@lockstep/protocol';
import type { Change, Relation, RelationColumn, RowValues, Transaction } from './source.ts';

/** The prefix of the logical messages that are ours. */
const MESSAGE_PREFIX = 'lockstep';

const BEGIN = 0x42;
const COMMIT = 0x43;
const RELATION = 0x52;
const INSERT = 0x49;
const UPDATE = 0x55;
const DELETE = 0x44;
const TRUNCATE = 0x54;
const MESSAGE = 0x4d;

const NEW_TUPLE = 0x4e;
const OLD_TUPLE = 0x4f;
const NULL_VALUE = 0x6e;
const UNCHANGED_VALUE = 0x75;

const OPERATION_STEP = 2;

interface OpenTransaction {
  readonly xid: number;
  readonly lsn: Lsn;
  readonly changes: Change[];
  readonly messages: string[];
  operation: number;
}

/** Assembles pgoutput messages (protocol version 1, values as text) into transactions. */
export interface PgoutputDecoder {
  /** Takes one message; answers the transaction that it commits, or null. */
  push(message: Buffer): Transaction | null;
  readonly isInTransaction: boolean;
}

export function createPgoutputDecoder(): PgoutputDecoder {
  const relations = new Map<number, Relation>();
  let open: OpenTransaction | null = null;

  const relationOf = (oid: number): Relation => {
    const relation = relations.get(oid);
    if (relation === undefined) throw new Error(`pgoutput: relation ${oid} was not described.`);
    return relation;
  };
  const inTransaction = (): OpenTransaction => {
    if (open === null) throw new Error('pgoutput: a change outside of a transaction.');
    return open;
  };

  return {
    get isInTransaction() {
      return open !== null;
    },
    push(message) {
      const reader = new Reader(message);
      switch (reader.byte()) {
        case BEGIN: {
          const lsn = reader.lsn();
          reader.skip(8);
          open = { lsn, xid: reader.uint32(), changes: [], messages: [], operation: 0 };
          return null;
        }
        case COMMIT: {
          const { xid, lsn, changes, messages } = inTransaction();
          open = null;
          return { xid, lsn, changes, messages };
        }
        case RELATION: {
          const relation = readRelation(reader);
          relations.set(relation.oid, relation);
          return null;
        }
        case INSERT: {
          const transaction = inTransaction();
          const relation = relationOf(reader.uint32());
          reader.skip(1);
          const row = readTuple(reader, null);
          transaction.changes.push({ kind: 'insert', relation, operation: transaction.operation, row });
          transaction.operation += OPERATION_STEP;
          return null;
        }
        case UPDATE: {
          const transaction = inTransaction();
          const relation = relationOf(reader.uint32());
          let tag = reader.byte();
          let old: RowValues | null = null;
          if (tag !== NEW_TUPLE) {
            const tuple = readTuple(reader, null);
            if (tag === OLD_TUPLE) old = tuple;
            tag = reader.byte();
          }
          const row = readTuple(reader, old);
          transaction.changes.push({ kind: 'update', relation, operation: transaction.operation, old, row });
          transaction.operation += OPERATION_STEP;
          return null;
        }
        case DELETE: {
          const transaction = inTransaction();
          const relation = relationOf(reader.uint32());
          const old = reader.byte() === OLD_TUPLE ? readTuple(reader, null) : null;
          transaction.changes.push({ kind: 'delete', relation, operation: transaction.operation, old });
          transaction.operation += OPERATION_STEP;
          return null;
        }
        case TRUNCATE: {
          const transaction = inTransaction();
          const count = reader.uint32();
          reader.skip(1);
          for (let index = 0; index < count; index += 1) {
            const relation = relationOf(reader.uint32());
            transaction.changes.push({ kind: 'truncate', relation, operation: transaction.operation });
            transaction.operation += OPERATION_STEP;
          }
          return null;
        }
        case MESSAGE: {
          reader.skip(9);
          if (reader.text() === MESSAGE_PREFIX && open !== null) open.messages.push(reader.bytes());
          return null;
        }
        default:
          return null; // Types and origins say nothing that a shape needs.
      }
    },
  };
}

function readRelation(reader: Reader): Relation {
  const oid = reader.uint32();
  const schema = reader.text();
  const name = reader.text();
  reader.skip(1);
  const count = reader.uint16();
  const columns: RelationColumn[] = [];
  for (let index = 0; index < count; index += 1) {
    reader.skip(1);
    columns.push({ name: reader.text(), typeOid: reader.uint32(), typeModifier: reader.int32() });
  }
  return { oid, schema: schema === '' ? 'pg_catalog' : schema, name, columns };
}

/** A value kept out of line that did not change is not sent: it is the old row's. */
function readTuple(reader: Reader, old: RowValues | null): RowValues {
  const count = reader.uint16();
  const values: (string | null)[] = [];
  for (let index = 0; index < count; index += 1) {
    const kind = reader.byte();
    if (kind === NULL_VALUE) values.push(null);
    else if (kind === UNCHANGED_VALUE) values.push(old?.[index] ?? null);
    else values.push(reader.bytes());
  }
  return values;
}

class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  byte(): number {
    return this.#buffer[this.#at++] as number;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  uint16(): number {
    const value = this.#buffer.readUInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  uint32(): number {
    const value = this.#buffer.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  int32(): number {
    const value = this.#buffer.readInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  lsn(): Lsn {
    const value = this.#buffer.readBigUInt64BE(this.#at);
    this.#at += 8;
    return value as Lsn;
  }

  /** A text that ends in a zero byte. */
  text(): string {
    const end = this.#buffer.indexOf(0, this.#at);
    const value = this.#buffer.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return value;
  }

  /** A text preceded by its length. */
  bytes(): string {
    const length = this.uint32();
    const value = this.#buffer.toString('utf8', this.#at, this.#at + length);
    this.#at += length;
    return value;
  }
}
