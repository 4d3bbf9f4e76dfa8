import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Extensions } from '@electric-sql/pglite';
import { diffFromManifest, openCopy } from './open-copy.ts';
import { requireIntact, type StoredBackup } from './store.ts';

/** What is proven of a stored backup. */
export interface BackupCheck {
  /** Whether it was opened and compared, or only its bytes were. */
  readonly kind: 'opened' | 'bytes' | 'elsewhere';
  readonly differences: readonly string[];
}

/**
 * Looks at a stored backup again: its bytes by their hash, and one of a PGlite by opening a copy of it. A dump of a
 * server is opened by restoring it only. Raises BACKUP_CORRUPT.
 */
export async function verifyBackup(backup: StoredBackup, extensions: Extensions = {}): Promise<BackupCheck> {
  const { manifest, data } = backup;
  if (data === null) return { kind: 'elsewhere', differences: [] };
  await requireIntact(backup);
  const { kind } = manifest.data;
  if (kind !== 'directory' && kind !== 'archive') return { kind: 'bytes', differences: [] };
  const place = await mkdtemp(join(tmpdir(), 'lockstep-verify-'));
  try {
    const copy = await openCopy(kind, data, join(place, 'data'), extensions);
    try {
      return { kind: 'opened', differences: await diffFromManifest(copy.executor, manifest) };
    } finally {
      await copy.close();
    }
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
