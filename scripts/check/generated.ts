import { isLockstepError } from '@lockstep/protocol';
import { compile } from '../db/compile.ts';
import { electrify } from '../db/electrify.ts';
import { missingStatements } from '../db/generate.ts';

/** Generated files that don't follow from their sources: migrations, ENABLE ELECTRIC, the bundle. */
export async function findStaleFiles(): Promise<readonly string[]> {
  const missing = (await missingStatements()).map(
    (sql) => `drizzle/: no migration holds "${sql}"; run pnpm db:setup`,
  );
  const electrified = await problemOf(() => electrify({ check: true }));
  const stale = (await compile({ check: true })).map((file) => `${file}: not what pnpm db:compile writes`);
  return [...missing, ...electrified, ...stale];
}

async function problemOf(run: () => Promise<void>): Promise<string[]> {
  try {
    await run();
    return [];
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    return [`${error.code}: ${error.message}`];
  }
}
