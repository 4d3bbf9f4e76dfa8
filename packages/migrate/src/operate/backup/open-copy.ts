import { readFile } from 'node:fs/promises';
import type { Extensions } from '@electric-sql/pglite';
import type { Executor } from '../../run/executor/executor.ts';
import { diffContents } from '../contents.ts';
import { openPglite } from '../open-pglite.ts';
import { diffStructures, formatStructureDiff, isSameStructure } from '../structure/index.ts';
import { copyTree } from './copy-tree.ts';
import type { BackupManifest } from './manifest.ts';
import { readFacts } from './target.ts';

/** A PGlite that was made of a backup. */
export interface OpenCopy {
  readonly executor: Executor;
  /** Writes everything to its directory, if it has one, and closes. */
  close(): Promise<void>;
}

/**
 * Opens what a backup has: a directory's copy at `place`, since opening it writes to it; an archive in memory, or at
 * `place` too when it is to stay. Throws what PGlite throws for one that doesn't open.
 */
export async function openCopy(
  kind: 'directory' | 'archive',
  data: string,
  place: string,
  extensions: Extensions = {},
): Promise<OpenCopy> {
  const opened =
    kind === 'directory'
      ? await fromTree(data, place, extensions)
      : await fromArchive(data, place, extensions);
  const { executor } = opened;
  return {
    executor,
    async close() {
      await executor.exec('CHECKPOINT');
      await opened.close();
    },
  };
}

async function fromTree(data: string, place: string, extensions: Extensions) {
  await copyTree(data, place);
  return openPglite(place, { extensions });
}

async function fromArchive(data: string, place: string, extensions: Extensions) {
  const loadDataDir = new Blob([await readFile(data)], { type: 'application/x-gzip' });
  return openPglite(place, { extensions, loadDataDir });
}

/** How an opened copy differs from what its manifest says, in words; empty when it doesn't. */
export async function diffFromManifest(
  executor: Executor,
  manifest: Pick<BackupManifest, 'structure' | 'contents' | 'version' | 'database'>,
): Promise<readonly string[]> {
  const withDigests = Object.values(manifest.contents).some(({ digest }) => digest !== null);
  const facts = await executor.transaction((tx) => readFacts(tx, { withDigests }));
  const structure = diffStructures(manifest.structure, facts.structure);
  return [
    ...(facts.databaseId === manifest.database.id ? [] : ['it is another database']),
    ...(facts.version?.chain === manifest.version?.chain ? [] : ['it has other migrations']),
    ...(isSameStructure(structure) ? [] : [`its structure differs: ${formatStructureDiff(structure)}`]),
    ...diffContents(manifest.contents, facts.contents),
  ];
}
