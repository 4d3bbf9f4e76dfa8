import { LockstepError } from '@lockstep/protocol';
import type { ClusterFormat, DirectoryContent } from './inspect-directory.ts';

/** A PGlite build: what it can open. */
export interface PgliteEngine {
  readonly major: number;
  /** Null while nobody has asked a running instance. */
  readonly catalogVersion: number | null;
}

/** Why a directory can't be opened by this PGlite, or null. Decided from its files alone. */
export function contentError(
  directory: string,
  content: DirectoryContent,
  engine: PgliteEngine | null,
): LockstepError | null {
  switch (content.kind) {
    case 'absent':
    case 'empty':
      return null;
    case 'foreign':
      return new LockstepError('EMBEDDED_NOT_A_DATABASE', {
        message: `${directory} holds other files (${content.example}) and no database.`,
        remedy: 'Name an empty folder, or one that PGlite made.',
      });
    case 'incomplete':
      return lost(
        directory,
        'files of the database are missing (its control file, or its version)',
        'It was being created when the process ended, or its storage lost them.',
      );
    case 'cluster':
      if (engine === null) return null;
      return versionError(directory, content.major, content.format, engine);
  }
}

function versionError(
  directory: string,
  major: number,
  format: ClusterFormat,
  engine: PgliteEngine,
): LockstepError | null {
  const isSame =
    major === engine.major &&
    (engine.catalogVersion === null || engine.catalogVersion === format.catalogVersion);
  if (isSame) return null;
  return new LockstepError('EMBEDDED_VERSION', {
    message:
      major === engine.major
        ? `${directory} was written by another build of Postgres ${major} (catalogue ${format.catalogVersion}, this PGlite has ${engine.catalogVersion}).`
        : `${directory} was written by Postgres ${major}; this PGlite is Postgres ${engine.major}.`,
    remedy:
      'Open it with the PGlite that wrote it, dump its rows (@electric-sql/pglite-tools has a pg_dump), and load them into a new directory. Nothing was touched.',
    details: { directory, major, engineMajor: engine.major },
  });
}

/** Storage gave back less than it had acknowledged. */
export function lost(directory: string, what: string, why: string): LockstepError {
  return new LockstepError('STORAGE_LOST', {
    message: `The database ${directory} is not what was last written to it: ${what}.`,
    remedy: `${why} Restore the newest backup (db:restore, or onStorageLost: 'restore'); or open what is there (onStorageLost: 'accept').`,
    details: { directory },
  });
}

export function extensionError(directory: string, missing: readonly string[]): LockstepError {
  return new LockstepError('EMBEDDED_EXTENSION_MISSING', {
    message: `${directory} uses ${missing.join(', ')}, which this program doesn't load.`,
    remedy: `Pass it as an extension of PGlite (extensions: { ${missing[0]} }). Nothing was touched.`,
    details: { directory, missing },
  });
}
