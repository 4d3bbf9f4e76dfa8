import { formatQualifiedName, quoteIdentifier } from '@lockstep/protocol';
import type { Column, EnumType, Table } from './catalogue.ts';
import {
  addColumn,
  alterColumn,
  alterTable,
  createEnum,
  createPolicy,
  createTable,
  createView,
  dropView,
  enableTrigger,
  fillsItself,
  identityClause,
  requireTable,
} from './ddl.ts';
import { inReadingOrder, withDependents } from './drops.ts';
import type { CatalogueMatch, TablePair } from './match-catalogues.ts';
import { TEMPORARY_PREFIX } from './renames.ts';

/** The tables that a client holds, by OID, before and after the migration. */
export interface SyncedTables {
  readonly before: ReadonlySet<number>;
  readonly after: ReadonlySet<number>;
}

/** `first` brings tables and columns back, `second` what their values have to obey. The stash is restored between. */
export interface Rebuild {
  readonly first: readonly string[];
  readonly second: readonly string[];
}

/** What the migration took away or changed, once everything has its old name. `match.after` is the state by then. */
export function rebuildStatements(match: CatalogueMatch, synced: SyncedTables): Rebuild {
  const shrunken = match.enums.pairs.filter(({ before, after }) => hasOtherLabels(before, after));
  const remade = new Set(shrunken.map(({ after }) => after.oid));
  const alteredViews = viewsToRemake(match);
  return {
    first: [
      ...alteredViews.map(dropView),
      ...match.schemas.onlyBefore.map(({ name }) => `CREATE SCHEMA ${quoteIdentifier(name)}`),
      ...match.enums.onlyBefore.map(createEnum),
      ...shrunken.flatMap(({ before }) => [
        `ALTER TYPE ${formatQualifiedName(before)} RENAME TO ${quoteIdentifier(TEMPORARY_PREFIX + before.name)}`,
        createEnum(before),
      ]),
      ...match.domains.onlyBefore.map(
        (domain) => `CREATE DOMAIN ${formatQualifiedName(domain)} ${domain.definition}`,
      ),
      ...match.sequences.onlyBefore.map(
        (sequence) => `CREATE SEQUENCE ${formatQualifiedName(sequence)} ${sequence.definition}`,
      ),
      ...match.sequences.pairs
        .filter(({ before, after }) => before.definition !== after.definition)
        .map(({ before }) => `ALTER SEQUENCE ${formatQualifiedName(before)} ${before.definition}`),
      ...match.routines.onlyBefore.map(({ definition }) => definition),
      ...match.routines.pairs
        .filter(({ before, after }) => before.definition !== after.definition)
        .map(({ before }) => before.definition),
      ...match.tables.onlyBefore.map(createTable),
      ...match.tables.pairs.flatMap(({ before, columns }) =>
        columns.onlyBefore.map((column) => addColumn(before, column)),
      ),
      ...match.tables.pairs.flatMap((pair) => retypes(pair, remade)),
      ...match.sequences.onlyBefore.flatMap((sequence) => ownership(match, sequence)),
    ],
    second: [
      ...match.tables.pairs.flatMap((pair) => columnProperties(pair, remade)),
      ...match.tables.pairs.flatMap(({ before, columns }) =>
        columns.onlyBefore
          .filter((column) => column.notNull && !fillsItself(column))
          .map((column) => alterColumn(before, column, 'SET NOT NULL')),
      ),
      ...constraintStatements(match),
      ...views(
        match,
        alteredViews.map(({ oid }) => oid),
      ),
      ...tableIndexes(match),
      ...triggersAndPolicies(match),
      ...shrunken.map(
        ({ before }) =>
          `DROP TYPE ${formatQualifiedName({ ...before, name: TEMPORARY_PREFIX + before.name })}`,
      ),
      ...match.enums.onlyAfter.map((type) => `DROP TYPE ${formatQualifiedName(type)}`),
      ...match.domains.onlyAfter.map((domain) => `DROP DOMAIN ${formatQualifiedName(domain)}`),
      ...match.schemas.onlyAfter.map(({ name }) => `DROP SCHEMA ${quoteIdentifier(name)}`),
      ...electrics(match, synced),
    ],
  };
}

function hasOtherLabels(before: EnumType, after: EnumType): boolean {
  return (
    JSON.stringify(before.labels.map(({ text }) => text)) !==
    JSON.stringify(after.labels.map(({ text }) => text))
  );
}

function ownership(
  match: CatalogueMatch,
  sequence: CatalogueMatch['sequences']['onlyBefore'][number],
): string[] {
  if (sequence.ownerTable === null) return [];
  const table = requireTable(match.before, sequence.ownerTable);
  const column = table.columns.find(({ attnum }) => attnum === sequence.ownerAttnum);
  if (column === undefined) return [];
  const owner = `${formatQualifiedName(table)}.${quoteIdentifier(column.name)}`;
  return [`ALTER SEQUENCE ${formatQualifiedName(sequence)} OWNED BY ${owner}`];
}

/** The type as it was. A default or identity can't be converted along: it follows among the properties. */
function retypes({ before: table, columns }: TablePair, remade: ReadonlySet<number>): string[] {
  return columns.pairs
    .filter((pair) => isRetyped(pair, remade))
    .flatMap(({ before, after }) => [
      ...(after.default === null || after.generated !== null
        ? []
        : [alterColumn(table, after, 'DROP DEFAULT')]),
      ...(after.identity === null || before.identity !== null
        ? []
        : [alterColumn(table, after, 'DROP IDENTITY')]),
      alterColumn(
        table,
        before,
        `SET DATA TYPE ${before.type}${collate(before)} USING ${conversion(before, after)}`,
      ),
    ]);
}

interface ColumnPair {
  readonly before: Column;
  readonly after: Column;
}

function isRetyped({ before, after }: ColumnPair, remade: ReadonlySet<number>): boolean {
  return (
    before.type !== after.type ||
    before.typeOid !== after.typeOid ||
    before.collation !== after.collation ||
    remade.has(after.typeOid)
  );
}

const collate = ({ collation }: Column) => (collation === null ? '' : ` COLLATE ${collation}`);

/** By way of text: the one conversion that every pair of types has. Values that don't fit are refused by Postgres. */
function conversion(before: Column, after: Column): string {
  const column = quoteIdentifier(after.name);
  const isText = before.type === 'text' || before.type.startsWith('character');
  return isText ? `${column}::text` : `${column}::text::${before.type}`;
}

function columnProperties({ before: table, columns }: TablePair, remade: ReadonlySet<number>): string[] {
  return columns.pairs.flatMap((pair) => {
    const { before, after } = pair;
    const lostDefault = isRetyped(pair, remade);
    const hasDefault = !lostDefault && after.default !== null;
    const statements: string[] = [];
    if (before.identity === null && after.identity !== null && !lostDefault)
      statements.push(alterColumn(table, before, 'DROP IDENTITY'));
    if (before.generated === null && (before.default !== after.default || lostDefault)) {
      if (before.default !== null)
        statements.push(alterColumn(table, before, `SET DEFAULT ${before.default}`));
      else if (hasDefault) statements.push(alterColumn(table, before, 'DROP DEFAULT'));
    }
    if (before.notNull !== after.notNull)
      statements.push(alterColumn(table, before, before.notNull ? 'SET NOT NULL' : 'DROP NOT NULL'));
    if (before.identity !== null && after.identity === null)
      statements.push(alterColumn(table, before, `ADD ${identityClause(before)}`));
    if (before.identity !== null && after.identity !== null && before.identity !== after.identity)
      statements.push(
        alterColumn(table, before, `SET GENERATED ${before.identity === 'a' ? 'ALWAYS' : 'BY DEFAULT'}`),
      );
    return statements;
  });
}

const KINDS = ['p', 'u', 'x', 'c', 'f'];

/** Keys before what refers to them. */
function constraintStatements(match: CatalogueMatch): string[] {
  const changed = match.constraints.pairs.filter(
    ({ before, after }) => before.definition !== after.definition,
  );
  const missing = [...match.constraints.onlyBefore, ...changed.map(({ before }) => before)].toSorted(
    (one, two) => KINDS.indexOf(one.kind) - KINDS.indexOf(two.kind) || one.oid - two.oid,
  );
  return [
    ...changed.map(({ before }) =>
      alterTable(requireTable(match.before, before.table), `DROP CONSTRAINT ${quoteIdentifier(before.name)}`),
    ),
    ...missing.map(({ table, name, definition }) =>
      alterTable(requireTable(match.before, table), `ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`),
    ),
  ];
}

function tableIndexes(match: CatalogueMatch): string[] {
  const changed = match.indexes.pairs.filter(({ before, after }) => before.definition !== after.definition);
  return [
    ...changed.map(({ after }) => `DROP INDEX ${formatQualifiedName(after)}`),
    ...[...match.indexes.onlyBefore, ...changed.map(({ before }) => before)].map(
      ({ definition }) => definition,
    ),
  ];
}

function viewsToRemake(match: CatalogueMatch) {
  const changed = match.views.pairs
    .filter(({ before, after }) => before.definition !== after.definition)
    .map(({ after }) => after.oid);
  return withDependents(match.after.views, new Set(changed));
}

function views(match: CatalogueMatch, dropped: readonly number[]): string[] {
  const again = match.views.pairs
    .filter(({ after }) => dropped.includes(after.oid))
    .map(({ before }) => before);
  return inReadingOrder([...match.views.onlyBefore, ...again]).map(createView);
}

function triggersAndPolicies(match: CatalogueMatch): string[] {
  const on = (oid: number): Table => requireTable(match.before, oid);
  return [
    ...match.triggers.onlyBefore.flatMap((trigger) => [
      trigger.definition,
      ...(trigger.enabled === 'O' ? [] : [enableTrigger(on(trigger.table), trigger)]),
    ]),
    ...match.triggers.pairs.flatMap(({ before, after }) => [
      ...(before.definition === after.definition
        ? []
        : [before.definition.replace(/^CREATE (CONSTRAINT )?TRIGGER/, 'CREATE OR REPLACE $1TRIGGER')]),
      ...(before.enabled === after.enabled ? [] : [enableTrigger(on(before.table), before)]),
    ]),
    ...match.policies.onlyBefore.map((policy) => createPolicy(on(policy.table), policy)),
    ...[...match.tables.onlyBefore.map((before) => ({ before, after: null })), ...match.tables.pairs].flatMap(
      ({ before, after }) => [
        ...(before.rowSecurity === (after?.rowSecurity ?? false)
          ? []
          : [alterTable(before, `${before.rowSecurity ? 'ENABLE' : 'DISABLE'} ROW LEVEL SECURITY`)]),
        ...(before.forcesRowSecurity === (after?.forcesRowSecurity ?? false)
          ? []
          : [alterTable(before, `${before.forcesRowSecurity ? '' : 'NO '}FORCE ROW LEVEL SECURITY`)]),
      ],
    ),
  ];
}

/**
 * A synced table that was dropped is synced again, under the next epoch, which the proxy's catalogue keeps by name: so a
 * synced table that goes is dropped without a word of DISABLE ELECTRIC, which would forget its epoch.
 */
function electrics(match: CatalogueMatch, synced: SyncedTables): string[] {
  return match.before.tables.flatMap((table) => {
    const was = synced.before.has(table.oid);
    const is = synced.after.has(table.oid);
    if (was === is) return [];
    return [alterTable(table, `${was ? 'ENABLE' : 'DISABLE'} ELECTRIC`)];
  });
}
