import { basename } from 'node:path';
import type { MigrationBundle } from '@lockstep/protocol';
import { type BackupPolicy, defineBackupPolicy } from '../operate/backup/policy.ts';
import { safeRun } from '../operate/safe-run.ts';
import { runMigrations } from '../run/run-migrations.ts';
import { type RunOptions, type RunSuccess, requireMigrated } from '../run/run-options.ts';
import { type EmbeddedDatabase, type EmbeddedOptions, openEmbedded } from './open-embedded.ts';

export interface OpenMigratedOptions extends EmbeddedOptions {
  /** Where a backup is kept before pending migrations, and for how long; null for none. */
  readonly backup: { readonly folder: string; readonly policy?: BackupPolicy } | null;
  /** How closely the database is looked at before and after migrating: `full`. */
  readonly integrity?: 'full' | 'quick' | 'off';
  /** Other options of the run. */
  readonly run?: Omit<RunOptions<'embedded'>, 'target' | 'beforePending' | 'afterMigration' | 'guards'>;
}

/** A database that is ready: everything of the bundle is applied. */
export interface MigratedDatabase extends EmbeddedDatabase {
  readonly run: RunSuccess;
}

/**
 * What a desktop application does at its start (C1, C3, C4, C6): opens its PGlite directory for itself alone, backs it up
 * before pending migrations, looks for damage, applies what is pending and makes it survive a power cut. Closes the
 * directory again and throws where the database isn't ready: what `openEmbedded` raises, the error of the run,
 * BACKUP_IMPOSSIBLE, INTEGRITY_DAMAGED.
 * @example
 * const app = await openMigrated('./app.db', bundle, { backup: { folder: './backups' } });
 */
export async function openMigrated(
  directory: string,
  bundle: MigrationBundle,
  options: OpenMigratedOptions,
): Promise<MigratedDatabase> {
  const { backup, integrity = 'full', run, ...embedded } = options;
  const app = await openEmbedded(directory, embedded);
  try {
    const { db, executor } = app;
    const target = {
      kind: 'embedded',
      db,
      executor,
      directory: app.directory,
      label: basename(directory),
    } as const;
    const safety = safeRun({
      executor,
      integrity,
      acknowledge: () => app.acknowledge(),
      backup:
        backup === null
          ? null
          : { target, folder: backup.folder, policy: backup.policy ?? defineBackupPolicy({}) },
    });
    const result = await runMigrations(executor, bundle, { ...run, ...safety.options, target: 'embedded' });
    const success = requireMigrated(result);
    if (success.kind === 'applied') await safety.finish();
    return { ...app, run: success };
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}
