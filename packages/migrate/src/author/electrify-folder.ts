import { writeFile } from 'node:fs/promises';
import { type ElectrifyResult, electrify } from './electrify.ts';
import { readMigrations } from './read-migrations.ts';

export interface ElectrifyFolderOptions {
  /** drizzle-kit's output folder. */
  readonly folder: string;
  /** Tables to sync: `items`, or `app.items` outside the schema `public`. */
  readonly syncedTables: readonly string[];
  /** Tags that are released: their files keep their bytes. None by default. */
  readonly released?: readonly string[];
  /** Writes nothing and only reports. */
  readonly check?: boolean;
}

export interface ElectrifiedFile extends Pick<ElectrifyResult, 'inserted' | 'skipped'> {
  readonly tag: string;
  readonly file: string;
  /** Written, or with `check` to be written. */
  readonly isChanged: boolean;
}

export interface ElectrifyReport {
  /** The unreleased migrations, in the journal's order. */
  readonly files: readonly ElectrifiedFile[];
  readonly isChanged: boolean;
  /** Synced tables that no CREATE TABLE of the folder makes (a view, a misspelt name, a table not generated yet). */
  readonly unknownTables: readonly string[];
}

/** Electrifies a folder's unreleased migrations in place. Raises what `readMigrations` raises. */
export async function electrifyFolder(options: ElectrifyFolderOptions): Promise<ElectrifyReport> {
  const migrations = await readMigrations(options.folder);
  const released = new Set(options.released);
  const unknown = new Set(options.syncedTables);
  const files: ElectrifiedFile[] = [];
  for (const { tag, file, sql } of migrations) {
    const result = electrify(sql, options);
    for (const { table } of [...result.inserted, ...result.skipped]) unknown.delete(table);
    if (released.has(tag)) continue;
    const isChanged = result.inserted.length > 0;
    if (isChanged && options.check !== true) await writeFile(file, result.sql);
    files.push({ tag, file, isChanged, inserted: result.inserted, skipped: result.skipped });
  }
  return { files, isChanged: files.some((file) => file.isChanged), unknownTables: [...unknown] };
}
