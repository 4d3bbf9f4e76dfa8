import { formatError, isLockstepError } from '@lockstep/protocol';
import { compile } from '../db/compile.ts';
import { electrify } from '../db/electrify.ts';
import { ungeneratedChanges } from '../db/generate.ts';

/** Generated files that don't follow from their sources: migrations, ENABLE ELECTRIC, the bundle. */
export async function findStaleFiles(): Promise<readonly string[]> {
  const problems = [
    await problemsOf(async () =>
      (await ungeneratedChanges()).map(
        (name) => `drizzle/: no migration holds the change of ${name}; run pnpm db:setup`,
      ),
    ),
    await problemsOf(async () => {
      await electrify({ check: true });
      return [];
    }),
    await problemsOf(async () =>
      (await compile({ check: true })).map((file) => `${file}: not what pnpm db:compile writes`),
    ),
  ];
  return problems.flat();
}

/** An error is a finding like any other, so that the rest is still looked at. */
async function problemsOf(find: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await find();
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    return [formatError(error)];
  }
}
