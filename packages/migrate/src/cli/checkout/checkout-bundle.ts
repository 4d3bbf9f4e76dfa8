import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Migration, type MigrationBundle, migrationSchema } from '@lockstep/protocol';
import { z } from 'zod';
import { compileBundle } from '../../author/compile.ts';
import { compileFolder } from '../../author/compile-folder.ts';
import { type JournalMigration, sha256 } from '../../author/journal-migration.ts';
import { readMigrations } from '../../author/read-migrations.ts';
import { loadModule } from './load-module.ts';

/** The bundle that a command works with. */
export interface CheckoutBundle {
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
export async function loadBundle(folder: string, bundleFolder: string | null): Promise<CheckoutBundle> {
  if (bundleFolder === null) {
    return { bundle: await compileBundle(folder), origin: 'compiled', stale: [] };
  }
  const [journal, committed] = await Promise.all([readMigrations(folder), readCommitted(bundleFolder)]);
  if (committed !== null && isMadeOf(committed, journal)) {
    return { bundle: committed, origin: 'committed', stale: [] };
  }
  const report = await compileFolder({ folder, outDir: bundleFolder, check: true });
  return {
    bundle: { migrations: report.migrations, programs: report.programs },
    origin: 'compiled',
    stale: report.files,
  };
}

function isMadeOf({ migrations }: MigrationBundle, journal: readonly JournalMigration[]): boolean {
  return (
    migrations.length === journal.length &&
    journal.every((file, index) => {
      const entry = migrations[index];
      return entry !== undefined && isEntryOf(entry, file);
    })
  );
}

function isEntryOf({ tag, hash, when, down, program }: Migration, file: JournalMigration): boolean {
  const programHash = file.program === null ? null : sha256(file.program.text);
  return (
    tag === file.tag &&
    hash === file.hash &&
    when === file.when &&
    (down?.sql ?? null) === file.down &&
    (program?.hash ?? null) === programHash
  );
}

const exportsSchema = z.object({ bundle: z.object({ migrations: z.array(migrationSchema) }) });

/** Null where nothing is compiled yet, or another version of the compiler wrote it. */
async function readCommitted(bundleFolder: string): Promise<MigrationBundle | null> {
  const file = join(bundleFolder, 'index.ts');
  if (!existsSync(file)) return null;
  const exported = await loadModule(file);
  // The module's own object: it has more than data, e.g. the functions of TypeScript migrations.
  return exportsSchema.safeParse(exported).success ? (exported.bundle as MigrationBundle) : null;
}
