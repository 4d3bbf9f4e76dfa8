import { isUtf8 } from 'node:buffer';
import { type ElectricStatement, parseElectricStatement, splitStatements } from '@lockstep/migrate';
import { quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import type { ErrorFields } from './wire/backend.ts';

/** An ENABLE or DISABLE ELECTRIC that stands in a query. */
export interface ElectricCall {
  readonly kind: ElectricStatement['kind'];
  /** As SQL names it, quoted, with the schema if one was written. */
  readonly table: string;
}

/** A query in which the ELECTRIC statements were replaced. */
export interface RewrittenQuery {
  readonly sql: Buffer;
  /** By the statement's index in the query, from 0. */
  readonly calls: ReadonlyMap<number, ElectricCall>;
  /** From a character of the rewritten text to one of the original, both counted from 1 as in an error's position. */
  originalPosition(position: number): number;
}

/** The `electric` schema: its calls work, or why they can't. */
export type CatalogueState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: ErrorFields };

/** The command tags that clients of Electric expect. */
export function electricTag(call: ElectricCall): string {
  return call.kind === 'enable-electric' ? 'ELECTRIC ENABLE' : 'ELECTRIC DISABLE';
}

/** True when a query may hold an ELECTRIC statement: a cheap look, before the lexer's. */
export function mayBeElectric(sql: Buffer): boolean {
  return /electric/i.test(sql.toString('latin1'));
}

/**
 * Replaces each ELECTRIC statement by a call of the catalogue, or by one that raises the reason why there is none: so
 * order, transaction and results of all others stay as they are, failures too. Null when there is no such statement.
 */
export function rewriteQuery(sql: Buffer, catalogue: CatalogueState): RewrittenQuery | null {
  const found = findElectric(sql);
  if (found.length === 0) return null;
  const parts: Buffer[] = [];
  const edits: Edit[] = [];
  let at = 0;
  let position = 1;
  for (const { start, end, encoding, statement } of found) {
    const call = callOf(statement);
    const text = catalogue.kind === 'ready' ? callSql(statement, call) : raiseSql(catalogue.error);
    const replacement = Buffer.from(text, encoding);
    parts.push(sql.subarray(at, start), replacement);
    position += countCharacters(sql.subarray(at, start));
    const edit = {
      from: position,
      removed: countCharacters(sql.subarray(start, end)),
      inserted: countCharacters(replacement),
    };
    edits.push(edit);
    position += edit.removed;
    at = end;
  }
  parts.push(sql.subarray(at));
  return {
    sql: Buffer.concat(parts),
    calls: new Map(found.map(({ index, statement }) => [index, callOf(statement)])),
    originalPosition: (rewritten) => originalPosition(edits, rewritten),
  };
}

interface Found {
  readonly index: number;
  /** Bytes. */
  readonly start: number;
  readonly end: number;
  readonly encoding: 'utf8' | 'latin1';
  readonly statement: ElectricStatement;
}

/**
 * The lexer takes every character beyond ASCII for a letter, as Postgres does, so reading the bytes one by one gives
 * byte offsets in any client encoding.
 */
function findElectric(sql: Buffer): readonly Found[] {
  return splitStatements(sql.toString('latin1')).flatMap(({ start, end }, index) => {
    const bytes = sql.subarray(start, end);
    const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
    const statement = mayBeElectric(bytes) ? parseElectricStatement(bytes.toString(encoding)) : null;
    return statement === null ? [] : [{ index, start, end, encoding, statement }];
  });
}

function callOf({ kind, table }: ElectricStatement): ElectricCall {
  const name = quoteIdentifier(table.name);
  return { kind, table: table.schema === null ? name : `${quoteIdentifier(table.schema)}.${name}` };
}

/** The cast by way of text finds the table when the statement runs, not when it is prepared, as ALTER TABLE does. */
function callSql(statement: ElectricStatement, call: ElectricCall): string {
  const name = quoteLiteral(call.table);
  const table = statement.ifExists ? `to_regclass(${name})` : `${name}::text::regclass`;
  return `CALL electric.${call.kind === 'enable-electric' ? 'electrify' : 'unelectrify'}(${table})`;
}

function raiseSql({ code, message, detail, hint }: ErrorFields): string {
  const options = Object.entries({ ERRCODE: code, MESSAGE: message, DETAIL: detail, HINT: hint }).flatMap(
    ([name, value]) => (value === undefined ? [] : [`${name} = ${quoteLiteral(value)}`]),
  );
  return `DO ${quoteLiteral(`BEGIN RAISE EXCEPTION USING ${options.join(', ')}; END`)}`;
}

interface Edit {
  /** The first character of what was replaced, in the original, from 1. */
  readonly from: number;
  readonly removed: number;
  readonly inserted: number;
}

function originalPosition(edits: readonly Edit[], position: number): number {
  let shift = 0;
  for (const { from, removed, inserted } of edits) {
    const start = from + shift;
    if (position < start) break;
    // Within the call: the ELECTRIC statement as a whole is meant.
    if (position < start + inserted) return from;
    shift += inserted - removed;
  }
  return position - shift;
}

function countCharacters(bytes: Buffer): number {
  if (!isUtf8(bytes)) return bytes.length;
  let count = 0;
  // Continuation bytes of a character are 10xxxxxx.
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) count += 1;
  return count;
}
