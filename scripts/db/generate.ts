import { nodeEnvironment, runCli } from '@lockstep/migrate/cli';
import { ungeneratedChanges as findUngenerated } from '@lockstep/migrate/node';
import * as schema from '@org/core/schema';
import config from '../../lockstep.config.ts';
import { fromRoot, ROOT } from '../root.ts';

/**
 * Writes the migration that the schema asks for: `lockstep generate`, whose arguments these are. Answers its exit code:
 * 2 where a rename is undecided, and the flags are printed.
 */
export function generate(args: readonly string[]): Promise<number> {
  return runCli(
    ['generate', ...args],
    nodeEnvironment({ cwd: ROOT, commandLine: (command) => `pnpm db:${command}` }),
  );
}

/** What differs between the newest snapshot and the schema: the names of tables, types and so on. */
export function ungeneratedChanges(): Promise<readonly string[]> {
  return findUngenerated({ folder: fromRoot(config.migrations), schema });
}
