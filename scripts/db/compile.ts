import { compileFolder } from '@lockstep/migrate/node';
import config from '../../lockstep.config.ts';
import { fromRoot } from '../root.ts';

/** Compiles the migrations into the bundle that servers and pages carry. Answers the files written, or with `check` the stale ones. */
export async function compile(options: { readonly check: boolean }): Promise<readonly string[]> {
  if (config.bundle === null) return [];
  const report = await compileFolder({
    folder: fromRoot(config.migrations),
    outDir: fromRoot(config.bundle),
    check: options.check,
    releasedUpTo: config.releasedUpTo,
  });
  return report.files;
}
