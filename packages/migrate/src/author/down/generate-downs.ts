import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { ReplicaMigration } from '@lockstep/protocol';
import { type CompiledBundle, compileBundle } from '../compile.ts';
import { readMigrations } from '../read-migrations.ts';
import { readDownFile } from './down-file.ts';

/** A migration that can't be undone, and why. */
export interface WithoutDown {
  readonly tag: string;
  readonly reasons: readonly string[];
}

/** A generated down that isn't what follows from the history; null where there should be none. */
export interface StaleDown {
  readonly path: string;
  readonly text: string | null;
}

export interface DownsReport extends CompiledBundle {
  readonly withoutDown: readonly WithoutDown[];
  readonly stale: readonly StaleDown[];
}

/** Compiles with the downs that can be generated, and says which files that concerns. Writes nothing. */
export async function compileWithDowns(options: {
  readonly folder: string;
  readonly previous?: readonly ReplicaMigration[];
  readonly check: boolean;
  readonly releasedUpTo?: string | null;
}): Promise<DownsReport> {
  const { folder, previous = [], check, releasedUpTo = null } = options;
  const withoutDown: WithoutDown[] = [];
  const bundle = await compileBundle(folder, {
    previous,
    releasedUpTo,
    downs: check ? 'derive' : 'trust',
    onWithoutDown: (tag, reasons) => withoutDown.push({ tag, reasons }),
  });
  const journal = await readMigrations(folder);
  const present = new Map(journal.map(({ tag, down }) => [tag, down]));
  const stale = bundle.migrations.flatMap(({ tag, down }): StaleDown[] => {
    const text = present.get(tag) ?? null;
    const path = join(folder, 'down', `${tag}.sql`);
    if (down === null)
      return text !== null && readDownFile(text).kind === 'generated' ? [{ path, text: null }] : [];
    return down.origin === 'generated' && down.sql !== text ? [{ path, text: down.sql }] : [];
  });
  return { ...bundle, withoutDown, stale };
}

export async function writeDowns(stale: readonly StaleDown[]): Promise<void> {
  for (const { path, text } of stale) {
    if (text === null) {
      await rm(path);
      continue;
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/**
 * Writes `down/<tag>.sql` for every migration of a folder whose inverse can be derived and proven (D3), from the
 * structure before and behind it. What somebody wrote or edited stays. With `check` it writes nothing and reports.
 * Raises what `compile` raises, and DOWN_WRONG for a hand-written down that doesn't undo its migration.
 */
export async function generateDowns(
  folder: string,
  options: { readonly check?: boolean; readonly releasedUpTo?: string | null } = {},
): Promise<{ readonly files: readonly string[]; readonly withoutDown: readonly WithoutDown[] }> {
  const { check = false, releasedUpTo = null } = options;
  const { stale, withoutDown } = await compileWithDowns({ folder, check, releasedUpTo });
  if (!check) await writeDowns(stale);
  return { files: stale.map(({ path }) => relative(process.cwd(), path)), withoutDown };
}
