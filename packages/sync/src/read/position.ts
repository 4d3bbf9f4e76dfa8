import type { PGliteInterface } from '@electric-sql/pglite';
import { quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import type { Position } from './batch.ts';

/** What is stored of a shape, in the transaction that applied its rows (decision 12). */
export interface StoredShape {
  readonly shape: string;
  readonly table: string;
  /** The columns that the rows came with: another list is another shape on the server. */
  readonly columns: readonly string[];
  /** Null when the rows must be asked for again. */
  readonly position: Position | null;
  /** Row changes and bytes since the last snapshot began: what asking for the rows again would cost. */
  readonly rows: number;
  readonly bytes: number;
}

/** Makes the bridge's own table; harmless when it is there. */
export const CREATE_SHAPES_TABLE = `
  CREATE SCHEMA IF NOT EXISTS lockstep;
  CREATE TABLE IF NOT EXISTS lockstep.shapes (
    name text PRIMARY KEY,
    "table" text NOT NULL,
    columns text[] NOT NULL,
    handle text,
    "offset" text,
    rows bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
  );`;

interface Row {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly handle: string | null;
  readonly offset: string | null;
  readonly rows: string;
  readonly bytes: string;
}

export async function readStoredShapes(
  db: Pick<PGliteInterface, 'query'>,
): Promise<ReadonlyMap<string, StoredShape>> {
  const { rows } = await db.query<Row>(
    `SELECT name, "table", to_json(columns) AS columns, handle, "offset", rows::text AS rows, bytes::text AS bytes
     FROM lockstep.shapes`,
  );
  return new Map(rows.map((row) => [row.name, toStoredShape(row)]));
}

function toStoredShape(row: Row): StoredShape {
  return {
    shape: row.name,
    table: row.table,
    columns: row.columns,
    position: row.handle === null || row.offset === null ? null : { handle: row.handle, offset: row.offset },
    rows: Number(row.rows),
    bytes: Number(row.bytes),
  };
}

/** SQL that stores where a shape is. `isSnapshotStart` begins the counters anew. */
export function savePosition(stored: StoredShape, isSnapshotStart: boolean): string {
  const { position } = stored;
  const counter = (name: string) => (isSnapshotStart ? `excluded.${name}` : `old.${name} + excluded.${name}`);
  return `INSERT INTO lockstep.shapes AS old (name, "table", columns, handle, "offset", rows, bytes)
    VALUES (${quoteLiteral(stored.shape)}, ${quoteLiteral(stored.table)}, ${arrayOf(stored.columns)},
      ${nullable(position?.handle)}, ${nullable(position?.offset)}, ${stored.rows}, ${stored.bytes})
    ON CONFLICT (name) DO UPDATE SET "table" = excluded."table", columns = excluded.columns,
      handle = excluded.handle, "offset" = excluded."offset",
      rows = ${counter('rows')}, bytes = ${counter('bytes')}, updated_at = now();`;
}

/** SQL that makes the next start ask for the rows of these tables again; the rows stay until the new ones are there. */
export function forgetPositions(tables: readonly string[] | 'all'): string {
  const where = tables === 'all' ? '' : ` WHERE "table" = ANY (${arrayOf(tables)})`;
  return `UPDATE lockstep.shapes SET handle = NULL, "offset" = NULL${where};`;
}

/** SQL that forgets tables which are gone. */
export function forgetTables(tables: readonly string[]): string {
  return `DELETE FROM lockstep.shapes WHERE "table" = ANY (${arrayOf(tables)});`;
}

/** SQL that follows a rename. */
export function renameTable(from: string, to: string): string {
  return `UPDATE lockstep.shapes SET "table" = ${quoteLiteral(to)} WHERE "table" = ${quoteLiteral(from)};`;
}

/** The staging table of a shape; see `refetch.ts`. */
export function stagingTableOf(shape: string): string {
  return `lockstep.${quoteIdentifier(`staging:${shape}`.slice(0, 63))}`;
}

function arrayOf(values: readonly string[]): string {
  return `ARRAY[${values.map(quoteLiteral).join(', ')}]::text[]`;
}

function nullable(value: string | undefined): string {
  return value === undefined ? 'NULL' : quoteLiteral(value);
}
