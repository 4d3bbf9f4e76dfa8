import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { formatIndex } from '../generate/snapshot.ts';
import { type SideHistory, type SideMigration, snapshotNames } from './history.ts';
import type { RebasedMigration } from './plan-rebase.ts';

export interface FolderChange {
  /** Paths below the folder. */
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

export interface WriteOptions {
  readonly folder: string;
  readonly main: SideHistory;
  readonly mine: SideHistory;
  /** All of mine, also those that became superfluous. */
  readonly own: readonly SideMigration[];
  readonly rebased: readonly RebasedMigration[];
  /** Files without a decision after a merge: their text is git's, not somebody's. */
  readonly unmerged: ReadonlySet<string>;
}

/**
 * Makes the folder main's with mine behind it. Main's files keep their bytes: one that was edited here is refused with
 * REBASE_IMPOSSIBLE before anything is written.
 */
export async function writeRebase(options: WriteOptions): Promise<FolderChange> {
  const { folder, main, mine, own, rebased, unmerged } = options;
  const wanted = await readMain(main);
  const ofOwn = await filesOf(mine, own);
  await requireUnedited(folder, wanted, new Set([...unmerged, ...ofOwn.keys()]));
  for (const migration of rebased) {
    for (const [path, text] of await moveFiles(mine, migration)) wanted.set(path, text);
  }
  wanted.set('meta/_journal.json', formatJournal(main, mine, rebased));
  const removed = [...ofOwn.keys()].filter((path) => !wanted.has(path));
  const written: string[] = [];
  for (const [path, text] of wanted) {
    if ((await readIfThere(join(folder, path))) === text) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
    written.push(path);
  }
  for (const path of removed) await rm(join(folder, path), { force: true });
  return { written, removed };
}

async function readMain(main: SideHistory): Promise<Map<string, string>> {
  const files = new Map([['meta/_journal.json', '']]);
  for (const path of (await filesOf(main, main.migrations)).keys()) {
    const text = await main.side.read(path);
    if (text !== null) files.set(path, text);
  }
  return files;
}

/** Every file that belongs to one of these migrations, by its name: SQL, down, notes, module, snapshot. */
async function filesOf(
  { side }: SideHistory,
  migrations: readonly SideMigration[],
): Promise<ReadonlyMap<string, SideMigration>> {
  const files = await side.list();
  return new Map(
    migrations.flatMap((migration) =>
      files.filter((path) => isOf(path, migration)).map((path) => [path, migration] as const),
    ),
  );
}

function isOf(path: string, migration: SideMigration): boolean {
  const name = path.split('/').at(-1) ?? '';
  if (path.startsWith('meta/')) return snapshotNames(migration).includes(name);
  return name.startsWith(`${migration.tag}.`);
}

async function moveFiles(
  mine: SideHistory,
  migration: RebasedMigration,
): Promise<readonly [string, string][]> {
  const { from, tag, index, sql, snapshot } = migration;
  const prefix = tag.startsWith(formatIndex(index)) ? formatIndex(index) : (/^\d+/.exec(tag)?.[0] ?? '');
  const moved: [string, string][] = [
    [`${tag}.sql`, sql],
    [`meta/${prefix}_snapshot.json`, JSON.stringify(snapshot, null, 2)],
  ];
  for (const path of (await filesOf(mine, [from])).keys()) {
    if (path.startsWith('meta/') || path === `${from.tag}.sql`) continue;
    const text = await mine.side.read(path);
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    if (text !== null) moved.push([`${folder}${tag}${path.slice(folder.length + from.tag.length)}`, text]);
  }
  return moved;
}

function formatJournal(main: SideHistory, mine: SideHistory, rebased: readonly RebasedMigration[]): string {
  const entries = (main.journal.entries ?? []) as readonly unknown[];
  const own = rebased.map(({ from, tag, index, when }) => ({ ...from.raw, idx: index, when, tag }));
  return JSON.stringify({ ...mine.journal, ...main.journal, entries: [...entries, ...own] }, null, 2);
}

/** What main has is not for this command to change: neither here nor by overwriting somebody's edit of it. */
async function requireUnedited(
  folder: string,
  main: ReadonlyMap<string, string>,
  open: ReadonlySet<string>,
): Promise<void> {
  for (const [path, text] of main) {
    if (open.has(path) || path.startsWith('meta/')) continue;
    const here = await readIfThere(join(folder, path));
    if (here === null || here === text || hasMarks(here)) continue;
    throw new LockstepError('REBASE_IMPOSSIBLE', {
      message: `${path} is one of main's migrations, and was edited here.`,
      remedy:
        'Restore it from main (`git checkout main -- <file>`), and put the change into a migration of yours.',
      place: { file: join(folder, path) },
    });
  }
}

function hasMarks(text: string): boolean {
  return /^<{7} /m.test(text);
}

async function readIfThere(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}
