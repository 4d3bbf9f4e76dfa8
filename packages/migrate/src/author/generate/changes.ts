import { type Item, type ItemKind, itemOf } from './item.ts';
import { type NamedSnapshot, type Snapshot, schemaOf } from './snapshot.ts';

/** What is only in one of two snapshots, of one kind (and for columns and policies, of one table). */
export interface Change {
  readonly kind: ItemKind;
  readonly dropped: readonly Item[];
  readonly created: readonly Item[];
}

/** Layer by layer: a rename of the layer before must be in `before` already, since names of the next rest on it. */
export const LAYERS: readonly (readonly ItemKind[])[] = [
  ['schema'],
  ['enum', 'sequence', 'role'],
  ['table'],
  ['column', 'policy', 'view'],
];

/** What a person might have renamed: kinds of which something is gone and something is new are `undecidable`. */
export function listChanges(
  before: Snapshot,
  after: Snapshot,
  kinds: readonly ItemKind[],
): readonly Change[] {
  return kinds
    .flatMap((kind) => changesOf(kind, before, after))
    .filter(({ dropped, created }) => dropped.length + created.length > 0);
}

/** Where drizzle-kit would ask. */
export function isAmbiguous({ dropped, created }: Change): boolean {
  return dropped.length > 0 && created.length > 0;
}

function changesOf(kind: ItemKind, before: Snapshot, after: Snapshot): readonly Change[] {
  switch (kind) {
    case 'schema':
      return [compare(kind, named(before.schemas), named(after.schemas))];
    case 'enum':
      return [compare(kind, before.enums, after.enums)];
    case 'sequence':
      return [compare(kind, before.sequences, after.sequences)];
    case 'role':
      return [compare(kind, before.roles, after.roles)];
    case 'table':
      return [compare(kind, before.tables, after.tables)];
    case 'view':
      return [compare(kind, before.views, after.views)];
    case 'column':
      return commonTables(before, after).map(([old, table]) =>
        compare(kind, old.columns, table.columns, table),
      );
    case 'policy':
      return [
        ...commonTables(before, after).map(([old, table]) =>
          compare(kind, old.policies, table.policies, table),
        ),
        compare(kind, before.policies, after.policies),
      ];
  }
}

function named(names: Readonly<Record<string, string>>): Record<string, NamedSnapshot> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, { name }]));
}

function commonTables(before: Snapshot, after: Snapshot) {
  return Object.entries(after.tables).flatMap(([key, table]) => {
    const old = before.tables[key];
    return old === undefined ? [] : [[old, table] as const];
  });
}

function compare(
  kind: ItemKind,
  before: Readonly<Record<string, NamedSnapshot>> = {},
  after: Readonly<Record<string, NamedSnapshot>> = {},
  table: NamedSnapshot | null = null,
): Change {
  const only = (
    some: Readonly<Record<string, NamedSnapshot>>,
    others: Readonly<Record<string, NamedSnapshot>>,
  ) =>
    Object.entries(some)
      .filter(([key]) => !Object.hasOwn(others, key))
      .map(([, entry]) =>
        table === null
          ? itemOf(kind, entry)
          : itemOf(kind, { name: entry.name, schema: schemaOf(table) }, table.name),
      );
  return { kind, dropped: only(before, after), created: only(after, before) };
}
