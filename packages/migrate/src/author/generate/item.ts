import { schemaOf } from './snapshot.ts';

/** The kinds of things that drizzle-kit tells apart, in the order in which their renames are decided. */
export const ITEM_KINDS = [
  'schema',
  'enum',
  'sequence',
  'role',
  'table',
  'column',
  'policy',
  'view',
] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];

/** Something of a schema that can be made, dropped or renamed. */
export interface Item {
  readonly kind: ItemKind;
  /** `public` for things without one (roles, schemas). */
  readonly schema: string;
  /** Of a column, and of a policy that belongs to a table of the schema module. */
  readonly table: string | null;
  readonly name: string;
}

/** `from` as it was called before this rename, after the renames of the kinds above it. */
export interface Rename {
  readonly from: Item;
  readonly to: Item;
}

export function itemOf(
  kind: ItemKind,
  entry: { readonly name: string; readonly schema?: string },
  table: string | null = null,
): Item {
  return { kind, schema: schemaOf(entry), table, name: entry.name };
}

export function isSameItem(a: Item, b: Item): boolean {
  return a.kind === b.kind && a.schema === b.schema && a.table === b.table && a.name === b.name;
}

/** `items`, `items.title`, `app.items.title`: as people write it in a flag. */
export function formatItem({ schema, table, name }: Item): string {
  return [...(schema === 'public' ? [] : [schema]), ...(table === null ? [] : [table]), name].join('.');
}

/** Every way of writing an item in a flag, given what its table was called before. */
export function spellingsOf(item: Item, renames: readonly Rename[]): ReadonlySet<string> {
  const places = [item, ...oldPlaces(item, renames)];
  const bare = places.flatMap((place) => [
    formatItem(place),
    [place.schema, ...(place.table === null ? [] : [place.table]), place.name].join('.'),
  ]);
  return new Set(bare.flatMap((name) => [name, `${item.kind}:${name}`]));
}

/** A flag's name for an item: with its kind where the name alone would mean two things. */
export function flagName(item: Item, all: readonly Item[]): string {
  const name = formatItem(item);
  const isPlain = item.kind === 'table' || item.kind === 'column';
  const isShared = all.some((other) => other.kind !== item.kind && formatItem(other) === name);
  return isPlain && !isShared ? name : `${item.kind}:${name}`;
}

function oldPlaces(item: Item, renames: readonly Rename[]): readonly Item[] {
  return renames.flatMap(({ from, to }) => {
    if (to.kind === 'schema' && item.kind !== 'schema' && to.name === item.schema)
      return [{ ...item, schema: from.name }];
    if (to.kind === 'table' && to.name === item.table && to.schema === item.schema)
      return [{ ...item, schema: from.schema, table: from.name }];
    return [];
  });
}
