import type { Change } from '@lockstep/protocol';

/** What clients load because of a migration. */
export interface Download {
  readonly table: string;
  /** `all`: every row that a client holds; `changed`: rows that the migration writes; `new`: a table's first rows. */
  readonly rows: 'all' | 'changed' | 'new';
  readonly because: string;
}

/** Read off the footprint: a table is listed once, by the largest of its reasons. */
export function downloadsOf(footprint: readonly Change[]): readonly Download[] {
  const found = new Map<string, Download>();
  const weight = { changed: 0, new: 1, all: 2 } as const;
  for (const change of footprint) {
    const download = downloadOf(change);
    if (download === null) continue;
    const known = found.get(download.table);
    if (known === undefined || weight[download.rows] > weight[known.rows])
      found.set(download.table, download);
  }
  return [...found.values()];
}

function downloadOf(change: Change): Download | null {
  switch (change.kind) {
    case 'create-table':
      return { table: change.table, rows: 'new', because: 'the table is new' };
    case 'add-column': {
      const values = change.rowsDiffer ? ', whose values the server alone has' : '';
      return { table: change.table, rows: 'all', because: `it is asked for with ${change.column}${values}` };
    }
    case 'rename-column':
      return { table: change.table, rows: 'all', because: `${change.column} is called ${change.to}` };
    case 'alter-type':
      return { table: change.table, rows: 'all', because: `${change.column} becomes ${change.to}` };
    case 'alter-key':
      return { table: change.table, rows: 'all', because: 'it has another key' };
    case 'write-rows':
      return { table: change.table, rows: 'changed', because: 'the migration writes rows of it' };
    case 'drop-table':
    case 'rename-table':
    case 'drop-column':
    case 'alter-nullability':
    case 'alter-default':
    case 'alter-constraints':
    case 'alter-enum':
      return null;
  }
}
