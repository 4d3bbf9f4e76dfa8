import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type LocalPostgres, startLocalPostgres } from '@lockstep/local-postgres';
import { LockstepError } from '@lockstep/protocol';
import { foreignFolder } from './running.ts';

/** The embedded Postgres. Throws an error with the code EADDRINUSE, or a LockstepError that says what to do. */
export async function startEmbeddedPostgres(options: {
  readonly dataDir: string;
  readonly port: number;
  readonly onLog?: (line: string) => void;
}): Promise<LocalPostgres> {
  const { dataDir } = options;
  try {
    await mkdir(dirname(dataDir), { recursive: true });
    await chmod(dirname(dataDir), 0o755); // As root, Postgres runs as another user, who must get in.
    return await startLocalPostgres({ ...options, persistent: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EADDRINUSE') throw error;
    if (code === 'EACCES' || code === 'EPERM') throw foreignFolder(dirname(dataDir), error);
    throw new LockstepError('POSTGRES_UNREACHABLE', {
      message: error instanceof Error ? error.message : String(error),
      remedy: `Mend what it names. If the files in ${dataDir} are damaged or of another Postgres, delete them: the data is seeded anew.`,
      cause: error,
    });
  }
}
