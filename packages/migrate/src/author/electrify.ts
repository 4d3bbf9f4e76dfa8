import { parseElectricStatement } from '../sql/electric-statement.ts';
import { type SplitStatement, splitStatements } from '../sql/split.ts';
import { formatTableName, tableLabel } from '../sql/table-name.ts';
import { parseTableStatement, type TableStatement } from '../sql/table-statement.ts';

type CreateTable = Extract<TableStatement, { kind: 'create-table' }>;

export interface ElectrifyOptions {
  /** Tables to sync: `items`, or `app.items` outside the schema `public`. */
  readonly syncedTables: readonly string[];
}

/** `exists` is a CREATE TABLE IF NOT EXISTS of a table that the same file has made before. */
export type SkipReason =
  | 'not-synced'
  | 'temporary'
  | 'unlogged'
  | 'partition'
  | 'already-electrified'
  | 'exists';

export interface ElectrifyResult {
  readonly sql: string;
  readonly inserted: readonly { readonly table: string }[];
  readonly skipped: readonly { readonly table: string; readonly reason: SkipReason }[];
}

/**
 * Inserts a statement breakpoint and `ALTER TABLE "t" ENABLE ELECTRIC;` after each CREATE TABLE of a synced table,
 * unless the file has it already. Every other byte stays; a second time changes nothing.
 */
export function electrify(sql: string, options: ElectrifyOptions): ElectrifyResult {
  const synced = new Set(options.syncedTables.map((name) => name.replace(/^public\./, '')));
  const statements = splitStatements(sql);
  const inserted: { table: string }[] = [];
  const skipped: { table: string; reason: SkipReason }[] = [];
  const existing = new Set<string>();
  let output = '';
  let copied = 0;
  for (const [index, statement] of statements.entries()) {
    const parsed = parseTableStatement(sql, statement);
    if (parsed === null) continue;
    if (parsed.kind === 'drop-table') {
      for (const table of parsed.tables) existing.delete(tableLabel(table));
      continue;
    }
    const table = tableLabel(parsed.table);
    const reason = skipReason(parsed, {
      isSynced: synced.has(table),
      exists: existing.has(table),
      isEnabled: isEnabledLater(sql, statements.slice(index + 1), table),
    });
    if (parsed.persistence !== 'temporary') existing.add(table);
    if (reason !== null) {
      skipped.push({ table, reason });
      continue;
    }
    const at = statement.semicolon === null ? statement.end : statement.semicolon + 1;
    output += `${sql.slice(copied, at)}${insertion(formatTableName(parsed.table), statement)}`;
    copied = at;
    inserted.push({ table });
  }
  return { sql: output + sql.slice(copied), inserted, skipped };
}

interface Surroundings {
  readonly isSynced: boolean;
  /** The same file made it before. */
  readonly exists: boolean;
  /** The same file enables it afterwards. */
  readonly isEnabled: boolean;
}

function skipReason(created: CreateTable, { isSynced, exists, isEnabled }: Surroundings): SkipReason | null {
  if (created.persistence !== 'permanent') return created.persistence;
  if (created.isPartition) return 'partition';
  if (!isSynced) return 'not-synced';
  if (created.ifNotExists && exists) return 'exists';
  return isEnabled ? 'already-electrified' : null;
}

/** A breakpoint between the two, because Drizzle's own PGlite migrator runs one statement a chunk. */
function insertion(quotedTable: string, statement: SplitStatement): string {
  const terminator = statement.semicolon === null ? ';' : '';
  return `${terminator}\n--> statement-breakpoint\nALTER TABLE ${quotedTable} ENABLE ELECTRIC;`;
}

/** Whether the file enables the table before it drops or makes it anew. */
function isEnabledLater(sql: string, following: readonly SplitStatement[], table: string): boolean {
  for (const statement of following) {
    const electric = parseElectricStatement(statement.text);
    if (electric?.kind === 'enable-electric' && tableLabel(electric.table) === table) return true;
    const other = parseTableStatement(sql, statement);
    if (other?.kind === 'drop-table' && other.tables.some((dropped) => tableLabel(dropped) === table))
      return false;
    if (other?.kind === 'create-table' && !other.ifNotExists && tableLabel(other.table) === table)
      return false;
  }
  return false;
}
