import { formatQualifiedName, quoteIdentifier } from '@lockstep/protocol';
import type { Table, TablePart, View } from './catalogue.ts';
import { alterColumn, alterTable, dropPart, dropView, requireTable } from './ddl.ts';
import type { CatalogueMatch, TablePair } from './match-catalogues.ts';

/** Takes away what the migration added, dependents first. Types wait: columns still have them. */
export function dropStatements(match: CatalogueMatch): readonly string[] {
  const { after, tables } = match;
  const kept = new Map(tables.pairs.map((pair) => [pair.after.oid, pair.after]));
  const retyped = new Set(tables.pairs.filter(isRetyped).map((pair) => pair.after.oid));
  const triggers = [
    ...match.triggers.onlyAfter,
    // A trigger on a column and a policy keep the column's type from being changed.
    ...match.triggers.pairs
      .map((pair) => pair.after)
      .filter(({ table, definition }) => retyped.has(table) && / (OF|WHEN) /.test(definition)),
  ];
  const policies = [
    ...match.policies.onlyAfter,
    ...match.policies.pairs.map((pair) => pair.after).filter(({ table }) => retyped.has(table)),
  ];
  // Of a table that goes, only what ties it to another that goes as well.
  const constraints = match.constraints.onlyAfter
    .filter(({ table, kind }) => kept.has(table) || (kind === 'f' && tables.onlyAfter.length > 1))
    .toSorted((one, two) => rank(one.kind) - rank(two.kind));
  const onKept = <Part extends TablePart>(part: Part, statement: (table: Table) => string) => {
    const table = kept.get(part.table);
    return table === undefined ? [] : [statement(table)];
  };
  return [
    ...viewsInTheWay(match).map(dropView),
    ...triggers.flatMap((part) => onKept(part, (table) => dropPart('TRIGGER', table, part))),
    ...policies.flatMap((part) => onKept(part, (table) => dropPart('POLICY', table, part))),
    ...constraints.map((part) =>
      alterTable(requireTable(after, part.table), `DROP CONSTRAINT ${quoteIdentifier(part.name)}`),
    ),
    ...match.indexes.onlyAfter
      .filter(({ table }) => kept.has(table))
      .map((index) => `DROP INDEX ${formatQualifiedName(index)}`),
    ...tables.pairs.flatMap((pair) => dropsInTable(pair, hasOrphanedDefaults(match))),
    ...tables.onlyAfter.map((table) => `DROP TABLE ${formatQualifiedName(table)}`),
    ...match.routines.onlyAfter.map(({ signature }) => `DROP ${signature}`),
    ...match.sequences.onlyAfter
      .filter((sequence) => isLeft(match, sequence.ownerTable, sequence.ownerAttnum))
      .map((sequence) => `DROP SEQUENCE ${formatQualifiedName(sequence)}`),
  ];
}

/** Foreign keys first: the others may be what they refer to. */
function rank(kind: string): number {
  return kind === 'f' ? 0 : 1;
}

/** A function or sequence can't go while a default calls it. */
function hasOrphanedDefaults(match: CatalogueMatch): boolean {
  return match.routines.onlyAfter.length > 0 || match.sequences.onlyAfter.length > 0;
}

function dropsInTable({ after, columns }: TablePair, dropsDefaults: boolean): string[] {
  const defaults = columns.pairs.filter(
    (pair) =>
      pair.after.generated === null &&
      pair.after.default !== null &&
      pair.after.default !== pair.before.default,
  );
  return [
    ...(dropsDefaults ? defaults.map((pair) => alterColumn(after, pair.after, 'DROP DEFAULT')) : []),
    ...columns.onlyAfter.map((column) => alterTable(after, `DROP COLUMN ${quoteIdentifier(column.name)}`)),
  ];
}

/** A sequence whose column or table goes, goes with it. */
function isLeft(match: CatalogueMatch, table: number | null, attnum: number | null): boolean {
  const pair = match.tables.pairs.find(({ after }) => after.oid === table);
  if (table === null) return true;
  return pair !== undefined && !pair.columns.onlyAfter.some((column) => column.attnum === attnum);
}

function isRetyped({ columns }: TablePair): boolean {
  return columns.pairs.some(
    ({ before, after }) => before.type !== after.type || before.typeOid !== after.typeOid,
  );
}

/** Views that the migration made, and those that read what is about to change, with the views upon them; outermost first. */
function viewsInTheWay(match: CatalogueMatch): readonly View[] {
  const touched = new Set([
    ...match.tables.onlyAfter.map(({ oid }) => oid),
    ...match.tables.pairs
      .filter((pair) => isRetyped(pair) || pair.columns.onlyAfter.length > 0)
      .map(({ after }) => after.oid),
    ...match.views.onlyAfter.map(({ oid }) => oid),
  ]);
  return withDependents(match.after.views, touched);
}

/** The views among `start`, or that read it or one another; outermost first. */
export function withDependents(views: readonly View[], start: ReadonlySet<number>): readonly View[] {
  const touched = new Set(start);
  for (let size = -1; size !== touched.size; ) {
    size = touched.size;
    for (const view of views) if (view.reads.some((oid) => touched.has(oid))) touched.add(view.oid);
  }
  return inReadingOrder(views.filter(({ oid }) => touched.has(oid))).toReversed();
}

/** A view behind the views that it reads. */
export function inReadingOrder(views: readonly View[]): readonly View[] {
  const ordered: View[] = [];
  const visit = (view: View) => {
    if (ordered.includes(view)) return;
    for (const oid of view.reads) {
      const read = views.find((other) => other.oid === oid);
      if (read !== undefined) visit(read);
    }
    ordered.push(view);
  };
  for (const view of views) visit(view);
  return ordered;
}
