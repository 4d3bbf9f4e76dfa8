import { rm, writeFile } from 'node:fs/promises';
import { syncPath, syncTree } from '../../embedded/sync-files.ts';
import { backupFailed } from './backup-error.ts';
import { checksum } from './checksum.ts';
import { copyTree } from './copy-tree.ts';
import type { BackupManifest } from './manifest.ts';
import { diffFromManifest, openCopy } from './open-copy.ts';
import type { BackupDraft, StoredBackup } from './store.ts';
import { type BackupTarget, type ManifestOf, readFacts } from './target.ts';

type EmbeddedTarget = Extract<BackupTarget, { kind: 'embedded' }>;

/**
 * Copies a PGlite while nothing else runs in it: what is copied is what a killed process leaves, from which PGlite
 * recovers exactly what was committed. The copy is opened once more, and is a backup only if it is equal.
 */
export async function backupEmbedded(
  target: EmbeddedTarget,
  draft: BackupDraft,
  describe: ManifestOf,
): Promise<StoredBackup> {
  await target.executor.exec('CHECKPOINT');
  const facts = await target.executor.transaction(async (tx) => {
    const read = await readFacts(tx, { withDigests: true });
    await copyData(target, draft.data);
    return read;
  });
  const kind = target.directory === null ? 'archive' : 'directory';
  if (kind === 'directory') await syncTree(draft.data);
  else await syncPath(draft.data);
  const manifest: BackupManifest = {
    ...describe(facts),
    data: { kind, ...(await checksum(draft.data)) },
    verified: { kind: 'whole' },
  };
  const copy = await openCopy(kind, draft.data, draft.scratch, target.extensions).catch((cause: unknown) => {
    throw backupFailed(target.label, 'its copy does not open', cause);
  });
  try {
    const differences = await diffFromManifest(copy.executor, manifest);
    if (differences.length > 0)
      throw backupFailed(target.label, `its copy differs: ${differences.join(', ')}`);
  } finally {
    await copy.close();
  }
  await rm(draft.scratch, { recursive: true, force: true });
  return draft.commit(manifest);
}

async function copyData({ db, directory }: EmbeddedTarget, to: string): Promise<void> {
  if (directory !== null) return copyTree(directory, to);
  const archive = await db.dumpDataDir('gzip');
  await writeFile(to, new Uint8Array(await archive.arrayBuffer()), { mode: 0o600 });
}
