import { runCli } from '@lockstep/migrate/cli';
import { ungeneratedChanges as findUngenerated } from '@lockstep/migrate/node';
import * as schema from '@org/core/schema';
import config from '../../lockstep.config.ts';
import { fromRoot } from '../root.ts';
import { cliEnvironment } from './cli-environment.ts';

/**
 * Writes the migration that the schema asks for: `lockstep generate`, whose arguments these are. Answers its exit code:
 * 2 where a rename is undecided, and the flags are printed.
 */
export function generate(args: readonly string[]): Promise<number> {
  return runCli(['generate', ...args], cliEnvironment());
}

/** What differs between the newest snapshot and the schema: the names of tables, types and so on. */
export function ungeneratedChanges(): Promise<readonly string[]> {
  return findUngenerated({ folder: fromRoot(config.migrations), schema });
}
