import type { Lsn } from '@lockstep/protocol';

/** A row's values as Postgres wrote them (text output), in the relation's column order. */
export type RowValues = readonly (string | null)[];

export interface RelationColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly typeModifier: number;
}

/** A table as the replication stream describes it, at the time of the changes that name it. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly RelationColumn[];
}

/**
 * A change of a published table. `operation` is its position in the transaction, in steps of two.
 * `old` is null where the table's replica identity did not say the whole old row.
 */
export type Change =
  | {
      readonly kind: 'insert';
      readonly relation: Relation;
      readonly operation: number;
      readonly row: RowValues;
    }
  | {
      readonly kind: 'update';
      readonly relation: Relation;
      readonly operation: number;
      readonly old: RowValues | null;
      readonly row: RowValues;
    }
  | {
      readonly kind: 'delete';
      readonly relation: Relation;
      readonly operation: number;
      readonly old: RowValues | null;
    }
  | { readonly kind: 'truncate'; readonly relation: Relation; readonly operation: number };

/** A committed transaction, whole. `lsn` is that of its commit record; `xid` has 32 bits. */
export interface Transaction {
  readonly xid: number;
  readonly lsn: Lsn;
  readonly changes: readonly Change[];
  /** The contents of our own logical messages in it. */
  readonly messages: readonly string[];
}

export interface Column {
  readonly name: string;
  /** Position in the table; a column that was dropped and added again has another. */
  readonly position: number;
  readonly typeOid: number;
  readonly typeModifier: number;
  /** `pg_type.typname`; of the elements for an array. */
  readonly typeName: string;
  readonly typeKind: 'base' | 'enum' | 'other';
  readonly isArray: boolean;
  /** `attndims`; 0 for scalars. */
  readonly dimensions: number;
  readonly notNull: boolean;
  readonly generated: boolean;
  /** Zero-based position in the primary key, or null. */
  readonly keyIndex: number | null;
}

/** A table as the catalogue has it now. */
export interface Table {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly hasFullIdentity: boolean;
  readonly isPartitioned: boolean;
  /** Identifies this membership in the publication (another after removing and adding again); null when it is not in it. */
  readonly membership: string | null;
  /** Whether the publication carries stored generated columns. */
  readonly publishesGenerated: boolean;
}

/** What a snapshot saw: transactions below `xmin`, and below `xmax` unless they are in `running`. */
export interface SnapshotPoint {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly running: readonly bigint[];
  /** Every transaction that the snapshot saw was committed below this position. */
  readonly lsn: Lsn;
}

/** What the replication stream tells its reader. */
export interface StreamEvents {
  /** A new slot: what was committed before `lsn` is not in the stream. */
  readonly onStart: (lsn: Lsn) => void;
  readonly onTransaction: (transaction: Transaction) => void;
  readonly onLost: (cause: unknown) => void;
}
