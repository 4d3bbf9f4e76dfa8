import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LockstepError, type MigrationBundle } from '@lockstep/protocol';
import { compile } from '../../author/compile.ts';
import { compileFolder } from '../../author/compile-folder.ts';
import { electrifyFolder } from '../../author/electrify-folder.ts';
import { generate } from '../../author/generate/generate.ts';
import { readMigrations } from '../../author/read-migrations.ts';
import type { Checkout } from './checkout.ts';
import { readSchema } from './read-schema.ts';

/** A first migration that is not yet in the checkout. */
export interface Baseline {
  readonly bundle: MigrationBundle;
  /** Puts its files into the checkout, the bundle as well. */
  keep(): Promise<void>;
  /** Takes out what `keep` put in. */
  undo(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Makes the history of a checkout that has none: one migration, from its schema, in a temporary folder.
 * Raises BASELINE_REFUSED for a checkout with migrations, GENERATE_FAILED for one without tables, CONFIG_INVALID.
 */
export async function writeBaseline(checkout: Checkout): Promise<Baseline> {
  const { migrationsFolder, bundleFolder, config } = checkout;
  if ((await readMigrations(migrationsFolder)).length > 0) {
    throw new LockstepError('BASELINE_REFUSED', {
      message: `${migrationsFolder} has migrations: a baseline is for a checkout without any.`,
      remedy: 'Run `adopt` without --baseline: it finds the version that the database is at.',
    });
  }
  const { schema, ...style } = await readSchema(checkout);
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-baseline-'));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const generated = await generate({ ...style, folder, schema, name: 'baseline', verify: false });
    if (generated.kind !== 'generated') throw noTables();
    await electrifyFolder({ folder, syncedTables: config.synced });
    const migrations = await compile(folder);
    const journalFile = join(migrationsFolder, 'meta', '_journal.json');
    const journalBefore = await readFile(journalFile, 'utf8').catch(() => null);
    let isKept = false;
    return {
      bundle: { migrations },
      async keep() {
        isKept = true;
        await cp(folder, migrationsFolder, { recursive: true });
        if (bundleFolder !== null) await compileFolder({ folder: migrationsFolder, outDir: bundleFolder });
      },
      async undo() {
        if (!isKept) return;
        for (const name of [`${generated.tag}.sql`, 'meta/0000_snapshot.json']) {
          await rm(join(migrationsFolder, name), { force: true });
        }
        if (journalBefore === null) await rm(journalFile, { force: true });
        else await writeFile(journalFile, journalBefore);
        if (bundleFolder !== null) await compileFolder({ folder: migrationsFolder, outDir: bundleFolder });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function noTables(): LockstepError {
  return new LockstepError('GENERATE_FAILED', {
    message: 'The schema has no tables: there is nothing to write a baseline of.',
    remedy: 'Write the schema first, e.g. with `drizzle-kit pull`.',
  });
}
