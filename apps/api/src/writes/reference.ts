import { members, users, workspaces } from '@org/core';
import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import { type ForeignKey, getTableConfig, type PgColumn, type PgTable } from 'drizzle-orm/pg-core';

/** True of a row whose reference stays in the row's own workspace. */
export interface Reference {
  readonly columns: readonly string[];
  readonly condition: SQL;
}

/**
 * What each foreign key of a table must lead to, so that nobody reaches another workspace by an id: a row of the same
 * workspace, or one of its members. What belongs to no workspace (plans) may be pointed to by all.
 */
export function referencesOf(table: PgTable, workspaceId: PgColumn): readonly Reference[] {
  return getTableConfig(table).foreignKeys.flatMap((key) => {
    const condition = conditionOf(key, workspaceId);
    const columns = key.reference().columns.map(({ name }) => name);
    return condition === null ? [] : [{ columns, condition }];
  });
}

function conditionOf(key: ForeignKey, workspaceId: PgColumn): SQL | null {
  const { columns, foreignColumns, foreignTable } = key.reference();
  const [column] = columns;
  if (column === undefined || column === workspaceId) return null;
  if (foreignTable === users) {
    return sql`EXISTS (SELECT FROM ${members} AS person
      WHERE person.user_id = ${column} AND person.workspace_id = ${workspaceId})`;
  }
  if (foreignTable === workspaces) return sql`${column} = ${workspaceId}`;
  const place = Object.values(getTableColumns(foreignTable)).find(({ name }) => name === workspaceId.name);
  if (place === undefined) return null;
  const pairs = columns.map(
    (own, index) => sql`place.${sql.identifier((foreignColumns[index] as PgColumn).name)} = ${own}`,
  );
  return sql`EXISTS (SELECT FROM ${foreignTable} AS place
    WHERE ${sql.join(pairs, sql` AND `)} AND place.${sql.identifier(place.name)} = ${workspaceId})`;
}
