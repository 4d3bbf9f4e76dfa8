import { followTexts } from './follow-texts.ts';
import type { Item, Rename } from './item.ts';
import { type NamedSnapshot, type Snapshot, schemaOf, type TableSnapshot } from './snapshot.ts';

type Mutable<T> = { -readonly [K in keyof T]: Mutable<T[K]> };
type Draft = Mutable<Snapshot>;

/**
 * A snapshot as it is right after the rename: every structural mention follows, as in Postgres. Texts (checks, view
 * definitions, policies) follow where that makes them what `after` has; the others are left to be compared.
 */
export function renameInSnapshot(snapshot: Snapshot, after: Snapshot, rename: Rename): Snapshot {
  const draft = structuredClone(snapshot) as Draft;
  const { from, to } = rename;
  switch (from.kind) {
    case 'schema':
      renameSchema(draft, from.name, to.name);
      break;
    case 'enum':
      draft.enums = moveKey(draft.enums, from, to);
      for (const column of columnsOf(draft)) renameType(column, from, to);
      break;
    case 'sequence':
      draft.sequences = moveKey(draft.sequences, from, to);
      break;
    case 'role':
      draft.roles = renameKey(draft.roles, from.name, to.name);
      for (const policy of policiesOf(draft)) policy.to = policy.to?.map(changer(from.name, to.name)) ?? [];
      break;
    case 'view':
      draft.views = moveKey(draft.views, from, to);
      break;
    case 'table':
      renameTable(draft, from, to);
      break;
    case 'column':
      renameColumn(draft, from, to);
      break;
    case 'policy':
      renamePolicy(draft, from, to);
      break;
  }
  return followTexts(draft, after, from.name, to.name);
}

function renameSchema(draft: Draft, from: string, to: string): void {
  draft.schemas = Object.fromEntries(
    Object.keys(draft.schemas).map((name) => (name === from ? [to, to] : [name, name])),
  );
  const move = <T extends Mutable<NamedSnapshot>>(entries: Record<string, T>) =>
    Object.fromEntries(
      Object.values(entries).map((entry) => {
        if (schemaOf(entry) === from) entry.schema = to;
        return [`${schemaOf(entry)}.${entry.name}`, entry];
      }),
    );
  draft.tables = move(draft.tables);
  draft.enums = move(draft.enums);
  draft.sequences = move(draft.sequences);
  draft.views = move(draft.views);
  for (const column of columnsOf(draft)) if (column.typeSchema === from) column.typeSchema = to;
  for (const key of Object.values(draft.tables).flatMap((table) => Object.values(table.foreignKeys))) {
    if (key.schemaFrom === from) key.schemaFrom = to;
    if (key.schemaTo === from) key.schemaTo = to;
  }
}

function renameTable(draft: Draft, from: Item, to: Item): void {
  draft.tables = moveKey(draft.tables, from, to);
  for (const key of Object.values(draft.tables).flatMap((table) => Object.values(table.foreignKeys))) {
    if (key.tableFrom === from.name && schemaOf({ schema: key.schemaFrom ?? '' }) === from.schema) {
      key.tableFrom = to.name;
      if (to.schema !== from.schema) key.schemaFrom = to.schema;
    }
    if (key.tableTo === from.name && schemaOf({ schema: key.schemaTo ?? '' }) === from.schema) {
      key.tableTo = to.name;
      if (to.schema !== from.schema) key.schemaTo = to.schema;
    }
  }
}

function renameColumn(draft: Draft, from: Item, to: Item): void {
  const table = tableOf(draft, from);
  if (table === undefined) return;
  const change = changer(from.name, to.name);
  table.columns = renameKey(table.columns, from.name, to.name);
  for (const index of Object.values(table.indexes)) {
    for (const part of index.columns) if (!part.isExpression) part.expression = change(part.expression);
  }
  for (const list of [
    ...Object.values(table.compositePrimaryKeys),
    ...Object.values(table.uniqueConstraints),
  ])
    list.columns = list.columns.map(change);
  for (const key of Object.values(table.foreignKeys)) key.columnsFrom = key.columnsFrom.map(change);
  for (const key of Object.values(draft.tables).flatMap((other) => Object.values(other.foreignKeys))) {
    if (key.tableTo === from.table && schemaOf({ schema: key.schemaTo ?? '' }) === from.schema)
      key.columnsTo = key.columnsTo.map(change);
  }
}

function renamePolicy(draft: Draft, from: Item, to: Item): void {
  const table = tableOf(draft, from);
  if (table === undefined) draft.policies = renameKey(draft.policies, from.name, to.name);
  else table.policies = renameKey(table.policies, from.name, to.name);
}

function tableOf(draft: Draft, item: Item): Mutable<TableSnapshot> | undefined {
  return item.table === null ? undefined : draft.tables[`${item.schema}.${item.table}`];
}

/** The type of a column of an enum, or of an array of it. */
function renameType(column: Mutable<{ type: string; typeSchema?: string }>, from: Item, to: Item): void {
  const [base = '', ...brackets] = column.type.split('[');
  if (base !== from.name || (column.typeSchema ?? 'public') !== from.schema) return;
  column.type = [to.name, ...brackets].join('[');
  column.typeSchema = to.schema;
}

function columnsOf(draft: Draft) {
  return Object.values(draft.tables).flatMap((table) => Object.values(table.columns));
}

function policiesOf(draft: Draft) {
  return [
    ...Object.values(draft.tables).flatMap((table) => Object.values(table.policies)),
    ...Object.values(draft.policies),
  ];
}

/** In its place, so that the order of everything else stays. */
function moveKey<T extends Mutable<NamedSnapshot>>(
  entries: Record<string, T>,
  from: Item,
  to: Item,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => {
      if (entry.name !== from.name || schemaOf(entry) !== from.schema) return [key, entry];
      const schema = to.schema === from.schema ? {} : { schema: to.schema };
      return [`${to.schema}.${to.name}`, { ...entry, name: to.name, ...schema }];
    }),
  );
}

function renameKey<T extends { name: string }>(
  entries: Record<string, T>,
  from: string,
  to: string,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(entries).map(([key, entry]) =>
      entry.name === from ? [to, { ...entry, name: to }] : [key, entry],
    ),
  );
}

function changer(from: string, to: string): (name: string) => string {
  return (name) => (name === from ? to : name);
}
