import type { SplitStatement } from './split.ts';
import { readTokens, type TableName } from './token-reader.ts';

/** What the electrifier needs of a statement; everything else is null. */
export type TableStatement =
  | {
      readonly kind: 'create-table';
      readonly table: TableName;
      readonly persistence: 'permanent' | 'temporary' | 'unlogged';
      readonly ifNotExists: boolean;
      readonly isPartition: boolean;
    }
  | { readonly kind: 'drop-table'; readonly tables: readonly TableName[] };

/** Recognises CREATE TABLE and DROP TABLE by their tokens, in every form of Postgres's grammar. `sql` is the whole text. */
export function parseTableStatement(sql: string, statement: SplitStatement): TableStatement | null {
  const reader = readTokens(sql, statement.tokens);
  if (reader.takeWords('drop', 'table')) {
    reader.takeWords('if', 'exists');
    const tables: TableName[] = [];
    do {
      const table = reader.takeTableName();
      if (table === null) return null;
      tables.push(table);
    } while (reader.takeSymbol(','));
    return { kind: 'drop-table', tables };
  }
  if (!reader.takeWords('create')) return null;
  if (!reader.takeWords('local')) reader.takeWords('global');
  const isTemporary = reader.takeWords('temp') || reader.takeWords('temporary');
  const isUnlogged = reader.takeWords('unlogged');
  if (!reader.takeWords('table')) return null;
  const ifNotExists = reader.takeWords('if', 'not', 'exists');
  const table = reader.takeTableName();
  if (table === null) return null;
  const persistence =
    isTemporary || table.schema === 'pg_temp' ? 'temporary' : isUnlogged ? 'unlogged' : 'permanent';
  return {
    kind: 'create-table',
    table,
    persistence,
    ifNotExists,
    isPartition: reader.takeWords('partition', 'of'),
  };
}
