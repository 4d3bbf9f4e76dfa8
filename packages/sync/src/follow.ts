import type { Change, ClientSchema, ReplicaMigration, SchemaVersion, TableFact } from '@lockstep/protocol';

/** What a client asks for of a table. */
export type TablePlan =
  | { readonly kind: 'sync'; readonly columns: readonly string[] }
  /** The server dropped, renamed or changed columns that every row here needs: rows stay as they are. */
  | { readonly kind: 'schema-behind'; readonly missing: readonly string[] }
  /** The server is yet to get the table: the page is ahead. */
  | { readonly kind: 'not-there-yet' };

export interface FollowInput {
  /** What the page's code was built for. */
  readonly page: readonly ReplicaMigration[];
  /** What the local database has, oldest first; the page's own are among them. */
  readonly local: readonly ReplicaMigration[];
  /** What the server has, oldest first. */
  readonly server: readonly ReplicaMigration[];
}

export interface Target {
  /** The server's migrations that move the local schema in place, in order. */
  readonly move: readonly ReplicaMigration[];
  /** The server is beyond what the page's code can live with. */
  readonly isReloadOffered: boolean;
  /** By table of the local schema as it is after the move. */
  readonly tables: ReadonlyMap<string, TablePlan>;
}

/** Decision 10: how far a page follows the server, and what it asks for meanwhile. */
export function decideTarget({ page, local, server }: FollowInput): Target {
  const localHashes = new Set(local.map(({ hash }) => hash));
  const beyond = server.filter(({ hash }) => !localHashes.has(hash));
  const pageSchema = page.at(-1)?.schema ?? EMPTY;
  const stop = beyond.findIndex((migration) => !canFollow(migration, pageSchema));
  // Only a history that goes on where the local one ends can be replayed here.
  const isContinuation =
    local.length === server.length - beyond.length &&
    server.slice(0, local.length).every(({ hash }) => localHashes.has(hash));
  const move = isContinuation ? beyond.slice(0, stop === -1 ? beyond.length : stop) : [];
  return {
    move,
    isReloadOffered: move.length < beyond.length,
    tables: planTables([...local, ...move], server),
  };
}

const EMPTY: ClientSchema = { types: [], tables: [] };

/** Whether code that was built for `page` can live with a migration that it doesn't know. */
export function canFollow(migration: ReplicaMigration, page: ClientSchema): boolean {
  return migration.footprint.every((change) => isHarmless(change, page));
}

function isHarmless(change: Change, page: ClientSchema): boolean {
  switch (change.kind) {
    case 'create-table':
    case 'add-column':
    case 'alter-default':
    case 'alter-constraints':
    case 'write-rows':
      return true;
    case 'alter-enum':
      return change.removed.length === 0;
    case 'alter-nullability':
      // Code that never met a NULL in the column can't be trusted with one.
      return change.notNull || !usesColumn(page, change.table, change.column);
    case 'drop-table':
    case 'rename-table':
    case 'alter-key':
      return findTable(page, change.table) === undefined;
    case 'drop-column':
    case 'rename-column':
    case 'alter-type':
      return !usesColumn(page, change.table, change.column);
  }
}

/** For each local table what to ask for: the columns that the server has too, by name and type. */
export function planTables(
  local: readonly ReplicaMigration[],
  server: readonly ReplicaMigration[],
): ReadonlyMap<string, TablePlan> {
  const theirs = server.at(-1)?.schema ?? EMPTY;
  const common = commonSchema(local, server);
  const tables = local.at(-1)?.schema.tables ?? [];
  return new Map(tables.map((table) => [table.name, planTable(table, theirs, common)]));
}

function planTable(table: TableFact, server: ClientSchema, common: ClientSchema): TablePlan {
  const theirs = findTable(server, table.name);
  const before = findTable(common, table.name);
  if (theirs === undefined) {
    return before === undefined
      ? { kind: 'not-there-yet' }
      : { kind: 'schema-behind', missing: table.columns.map(({ name }) => name) };
  }
  if (keyOf(theirs) !== keyOf(table)) {
    const missing = table.columns.filter(({ keyIndex }) => keyIndex !== null).map(({ name }) => name);
    return { kind: 'schema-behind', missing };
  }
  const shared = table.columns.filter((column) => hasColumn(theirs, column));
  const gone = table.columns.filter(
    (column) => !hasColumn(theirs, column) && before !== undefined && hasColumn(before, column),
  );
  // A row without such a value would be one that no code here expects; without a nullable one, rows still make sense.
  if (gone.some(({ notNull }) => notNull)) {
    return { kind: 'schema-behind', missing: gone.map(({ name }) => name) };
  }
  return { kind: 'sync', columns: shared.map(({ name }) => name) };
}

/** The schema at the newest migration that both have. */
function commonSchema(local: readonly ReplicaMigration[], server: readonly ReplicaMigration[]): ClientSchema {
  const hashes = new Set(server.map(({ hash }) => hash));
  return local.findLast(({ hash }) => hashes.has(hash))?.schema ?? EMPTY;
}

function findTable(schema: ClientSchema, name: string): TableFact | undefined {
  return schema.tables.find((table) => table.name === name);
}

function usesColumn(schema: ClientSchema, table: string, column: string): boolean {
  return findTable(schema, table)?.columns.some(({ name }) => name === column) ?? false;
}

function hasColumn(table: TableFact, column: { readonly name: string; readonly type: string }): boolean {
  return table.columns.some(({ name, type }) => name === column.name && type === column.type);
}

function keyOf(table: TableFact): string {
  const key = table.columns.filter(({ keyIndex }) => keyIndex !== null);
  return JSON.stringify(key.sort((a, b) => Number(a.keyIndex) - Number(b.keyIndex)).map(({ name }) => name));
}

/** The version that the newest of these migrations makes; null for none. */
export function versionOf(migrations: readonly ReplicaMigration[]): SchemaVersion | null {
  const newest = migrations.at(-1);
  return newest === undefined ? null : { tag: newest.tag, index: newest.index, chain: newest.chain };
}

/** What a local migration does to stored positions, in the migration's transaction. */
export interface PositionChanges {
  /** Rows that the server has to send again: what the migration made of them locally isn't what the server has. */
  readonly resync: readonly string[];
  readonly dropped: readonly string[];
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
}

/** A8: only what the footprint names. Rows that the migration writes arrive by themselves. */
export function positionChanges(footprint: readonly Change[]): PositionChanges {
  const resync = footprint.flatMap((change) =>
    change.kind === 'alter-type' || change.kind === 'alter-key' || change.kind === 'rename-column'
      ? [change.table]
      : [],
  );
  return {
    resync: [...new Set(resync)],
    dropped: footprint.flatMap((change) => (change.kind === 'drop-table' ? [change.table] : [])),
    renamed: footprint.flatMap((change) =>
      change.kind === 'rename-table' ? [{ from: change.table, to: change.to }] : [],
    ),
  };
}

/** Tables that a list of migrations names, and what became of each. */
export function touchedTables(
  migrations: readonly ReplicaMigration[],
): ReadonlyMap<string, 'created' | 'changed' | 'dropped'> {
  const touched = new Map<string, 'created' | 'changed' | 'dropped'>();
  for (const change of migrations.flatMap(({ footprint }) => footprint)) {
    if (change.kind === 'alter-enum') continue;
    if (change.kind === 'create-table') touched.set(change.table, 'created');
    else if (change.kind === 'drop-table') touched.set(change.table, 'dropped');
    else if (touched.get(change.table) !== 'created') touched.set(change.table, 'changed');
  }
  return touched;
}
