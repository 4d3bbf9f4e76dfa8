import type { MigrationBundle } from '@lockstep/protocol';
import { compile } from '../../author/compile.ts';
import { compileFolder, readCommittedBundle } from '../../author/compile-folder.ts';
import { readJournal } from '../../author/journal.ts';

/** The bundle that a command works with. */
export interface ProjectBundle {
  readonly bundle: MigrationBundle;
  /** `compiled`: from the folder, at this moment. */
  readonly origin: 'committed' | 'compiled';
  /** Committed files that don't follow from the folder any more. */
  readonly stale: readonly string[];
}

/**
 * The files in the migrations folder are the truth. The committed bundle is taken where it is made of the same files,
 * which costs nothing; otherwise the folder is compiled, which boots a PGlite, and the stale files are named.
 * Raises what `compile` raises.
 */
export async function loadBundle(folder: string, bundleFolder: string | null): Promise<ProjectBundle> {
  if (bundleFolder === null) {
    return { bundle: { migrations: await compile(folder) }, origin: 'compiled', stale: [] };
  }
  const [journal, committed] = await Promise.all([readJournal(folder), readCommittedBundle(bundleFolder)]);
  const isFresh =
    committed !== null &&
    committed.length === journal.length &&
    journal.every(({ tag, hash, when }, index) => {
      const entry = committed[index];
      return entry?.tag === tag && entry.hash === hash && entry.when === when;
    });
  if (isFresh) return { bundle: { migrations: committed }, origin: 'committed', stale: [] };
  const report = await compileFolder({ folder, outDir: bundleFolder, check: true });
  return { bundle: { migrations: report.migrations }, origin: 'compiled', stale: report.files };
}
