import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { drizzleName } from '../../run/drizzle-table.ts';
import { JOURNAL_PATH } from '../journal.ts';
import type { JournalMigration } from '../journal-migration.ts';
import { readFolderLayout, readMigrations } from '../read-migrations.ts';
import { readTextIfExists } from '../read-text.ts';
import { checkProgramImports } from './program-imports.ts';
import { moduleHashOf, programSql, readProgramFile } from './program-sql.ts';

export interface NewProgramOptions {
  readonly description?: string;
  /** Of the application: `0.0.0` otherwise. */
  readonly version?: string;
  /** Milliseconds since 1970: now otherwise, and always later than the newest migration. */
  readonly when?: number;
}

export interface NewProgram {
  readonly tag: string;
  readonly moduleFile: string;
  readonly sqlFile: string;
}

/**
 * Makes a TypeScript migration at the end of a folder of either layout: the module to be written, its SQL file, and the
 * journal's entry or the folder, with the schema's snapshot unchanged, as `drizzle-kit generate --custom` makes it.
 * Call `sealProgram` when the module is written. Raises CONFIG_INVALID for a name, and what `readMigrations` raises.
 */
export async function newProgram(
  folder: string,
  name: string,
  options: NewProgramOptions = {},
): Promise<NewProgram> {
  if (!/^[a-z][a-z0-9_]*$/i.test(name)) {
    throw new LockstepError('CONFIG_INVALID', {
      message: `${JSON.stringify(name)} is no name for a migration.`,
      remedy: 'Use letters, digits and "_", beginning with a letter: lower_names.',
    });
  }
  const migrations = await readMigrations(folder);
  const newest = Math.max(0, ...migrations.map(({ when }) => when));
  const text = moduleText(name, options);
  const place = (await readFolderLayout(folder)) === 'folders' ? inFolders : inJournal;
  // Whole seconds later: the newer layout counts in seconds.
  const when = Math.max(options.when ?? Date.now(), newest + 1000);
  const made = await place({ folder, name, migrations, when });
  await mkdir(dirname(made.moduleFile), { recursive: true });
  await writeFile(made.moduleFile, text);
  await writeFile(made.sqlFile, programSql(moduleHashOf(text)));
  return made;
}

/**
 * Writes the SQL file of an unreleased TypeScript migration anew, for the module as it is now. Answers whether it had
 * changed. Raises PROGRAM_INVALID for a released one (`released`: their tags) and for a migration of SQL.
 */
export async function sealProgram(
  folder: string,
  tag: string,
  options: { readonly released?: readonly string[] } = {},
): Promise<boolean> {
  const migration = (await readMigrations(folder)).find((entry) => entry.tag === tag);
  const { program } = migration ?? { program: null };
  if (migration === undefined || program === null || readProgramFile(migration.sql).kind === 'sql') {
    throw new LockstepError('PROGRAM_INVALID', {
      message: `${tag} is no TypeScript migration of ${folder}.`,
      remedy: 'Make one with `newProgram`.',
    });
  }
  checkProgramImports(program);
  const text = programSql(moduleHashOf(program.text));
  if (text === migration.sql) return false;
  if (options.released?.includes(tag) === true) {
    throw new LockstepError('PROGRAM_INVALID', {
      message: `${tag} is released: databases have it as it was.`,
      remedy: 'Restore the module, and put the change into a new migration.',
      place: { file: program.file },
    });
  }
  await writeFile(migration.file, text);
  return true;
}

interface Place {
  readonly folder: string;
  readonly name: string;
  readonly migrations: readonly JournalMigration[];
  readonly when: number;
}

async function inJournal({ folder, name, migrations, when }: Place): Promise<NewProgram> {
  const number = String(migrations.length).padStart(4, '0');
  const tag = `${number}_${name}`;
  const file = join(folder, JOURNAL_PATH);
  const text = await readTextIfExists(file);
  const journal = (
    text === null ? { version: '7', dialect: 'postgresql', entries: [] } : JSON.parse(text)
  ) as {
    entries: object[];
  };
  journal.entries.push({ idx: migrations.length, version: '7', when, tag, breakpoints: true });
  await mkdir(dirname(file), { recursive: true });
  await copySnapshot(migrations, join(folder, 'meta', `${number}_snapshot.json`), (id) => ({ prevId: id }));
  await writeFile(file, JSON.stringify(journal, null, 2));
  return { tag, moduleFile: join(folder, `${tag}.ts`), sqlFile: join(folder, `${tag}.sql`) };
}

async function inFolders({ folder, name, migrations, when }: Place): Promise<NewProgram> {
  const tag = drizzleName({ tag: `_${name}`, when });
  await mkdir(join(folder, tag));
  await copySnapshot(migrations, join(folder, tag, 'snapshot.json'), (id) => ({ prevIds: [id] }));
  return { tag, moduleFile: join(folder, tag, 'migration.ts'), sqlFile: join(folder, tag, 'migration.sql') };
}

/** The schema stays as it was: drizzle-kit goes on from the newest snapshot. */
async function copySnapshot(
  migrations: readonly JournalMigration[],
  file: string,
  parent: (id: unknown) => object,
): Promise<void> {
  const newest = migrations.at(-1);
  const text = newest === undefined ? null : await readTextIfExists(newest.snapshotFile);
  if (text === null) return;
  const snapshot = JSON.parse(text) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...snapshot, id: randomUUID(), ...parent(snapshot.id) }, null, 2));
}

function moduleText(
  name: string,
  { description = 'What it does, in a sentence.', version = '0.0.0' }: NewProgramOptions,
) {
  return `import { defineMigration } from '@lockstep/migrate';

export default defineMigration({
  id: ${JSON.stringify(name)},
  version: ${JSON.stringify(version)},
  description: ${JSON.stringify(description)},
  async up(db) {
    // await db.backfill({ table: 'items', set: 'name = lower(name)' });
  },
});
`;
}
