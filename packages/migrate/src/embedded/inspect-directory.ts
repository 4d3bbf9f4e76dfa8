import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is at the place of a PGlite directory, learned from its files: nothing is opened. */
export type DirectoryContent =
  | { readonly kind: 'absent' }
  | { readonly kind: 'empty' }
  /** Other files. PGlite would make a database amid them. */
  | { readonly kind: 'foreign'; readonly example: string }
  /** A creation that was interrupted, or a loss: a cluster without its control file. */
  | { readonly kind: 'incomplete'; readonly major: number | null }
  | { readonly kind: 'cluster'; readonly major: number; readonly format: ClusterFormat };

/** Versions of the files' layout. Equal in all builds that can read each other's directories. */
export interface ClusterFormat {
  readonly systemIdentifier: string;
  readonly controlVersion: number;
  readonly catalogVersion: number;
}

export async function inspectDirectory(directory: string): Promise<DirectoryContent> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (names === null) return { kind: 'absent' };
  if (names.length === 0) return { kind: 'empty' };
  const isCluster = names.includes('PG_VERSION') || (names.includes('base') && names.includes('global'));
  if (!isCluster) return { kind: 'foreign', example: names[0] ?? '' };
  const major = await readMajor(directory);
  const format = await readFormat(directory);
  return major === null || format === null
    ? { kind: 'incomplete', major }
    : { kind: 'cluster', major, format };
}

async function readMajor(directory: string): Promise<number | null> {
  const text = await readFile(join(directory, 'PG_VERSION'), 'utf8').catch(() => '');
  return /^\d+\s*$/.test(text) ? Number(text) : null;
}

/** The first fields of `ControlFileData` (pg_control.h): the same in every version of Postgres. */
async function readFormat(directory: string): Promise<ClusterFormat | null> {
  const file = await open(join(directory, 'global', 'pg_control')).catch(() => null);
  if (file === null) return null;
  try {
    const head = Buffer.alloc(16);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    if (bytesRead < head.length || head.every((byte) => byte === 0)) return null;
    return {
      systemIdentifier: String(head.readBigUInt64LE(0)),
      controlVersion: head.readUInt32LE(8),
      catalogVersion: head.readUInt32LE(12),
    };
  } finally {
    await file.close();
  }
}
