import { formatQualifiedName, quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import type { Catalogue, Column, EnumType, Table, TablePart, Trigger, View } from './catalogue.ts';

export const alterTable = (table: { schema: string; name: string }, action: string) =>
  `ALTER TABLE ${formatQualifiedName(table)} ${action}`;

export const alterColumn = (
  table: { schema: string; name: string },
  column: { name: string },
  action: string,
) => alterTable(table, `ALTER COLUMN ${quoteIdentifier(column.name)} ${action}`);

export function createEnum(type: EnumType): string {
  const labels = type.labels.map(({ text }) => quoteLiteral(text)).join(', ');
  return `CREATE TYPE ${formatQualifiedName(type)} AS ENUM (${labels})`;
}

export function createTable(table: Table): string {
  const columns = table.columns.map((column) => `\n\t${columnDefinition(column, column.notNull)}`).join(',');
  const unlogged = table.isUnlogged ? 'UNLOGGED ' : '';
  return `CREATE ${unlogged}TABLE ${formatQualifiedName(table)} (${columns}${columns === '' ? '' : '\n'})`;
}

/**
 * NOT NULL only where the rows that are there get a value: from a default, an identity or an expression. Elsewhere it
 * follows when the stash is restored.
 */
export function addColumn(table: Table, column: Column): string {
  return alterTable(table, `ADD COLUMN ${columnDefinition(column, column.notNull && fillsItself(column))}`);
}

export function fillsItself(column: Column): boolean {
  return column.default !== null || column.identity !== null || column.generated !== null;
}

function columnDefinition(column: Column, notNull: boolean): string {
  const parts = [quoteIdentifier(column.name), column.type];
  if (column.collation !== null) parts.push(`COLLATE ${column.collation}`);
  if (column.generated !== null) parts.push(`GENERATED ALWAYS AS (${column.default}) ${column.generated}`);
  else if (column.default !== null) parts.push(`DEFAULT ${column.default}`);
  if (column.identity !== null) parts.push(identityClause(column));
  if (notNull) parts.push('NOT NULL');
  return parts.join(' ');
}

export function identityClause({ identity, identityOptions }: Column): string {
  const when = identity === 'a' ? 'ALWAYS' : 'BY DEFAULT';
  return `GENERATED ${when} AS IDENTITY${identityOptions === null ? '' : ` ${identityOptions}`}`;
}

export const dropPart = (kind: 'TRIGGER' | 'POLICY', table: Table, { name }: TablePart) =>
  `DROP ${kind} ${quoteIdentifier(name)} ON ${formatQualifiedName(table)}`;

export function createPolicy(table: Table, { name, definition }: TablePart): string {
  return `CREATE POLICY ${quoteIdentifier(name)} ON ${formatQualifiedName(table)} ${definition}`;
}

const ENABLED = { O: 'ENABLE', D: 'DISABLE', R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' };

export function enableTrigger(table: Table, { name, enabled }: Trigger): string {
  return alterTable(table, `${ENABLED[enabled]} TRIGGER ${quoteIdentifier(name)}`);
}

const viewNoun = ({ isMaterialized }: View) => (isMaterialized ? 'MATERIALIZED VIEW' : 'VIEW');

export const dropView = (view: View) => `DROP ${viewNoun(view)} ${formatQualifiedName(view)}`;
export const createView = (view: View) =>
  `CREATE ${viewNoun(view)} ${formatQualifiedName(view)} ${view.definition}`;

export function requireTable(catalogue: Catalogue, oid: number): Table {
  const table = catalogue.tables.find((candidate) => candidate.oid === oid);
  if (table === undefined) throw new Error(`Assertion failed: the catalogue has no table ${oid}.`);
  return table;
}
