import type { Command } from '../command.ts';
import { compileCommand } from './compile.ts';
import { generateCommand } from './generate.ts';
import { migrateCommand } from './migrate.ts';

/** Every command, in the order of `--help`. A new one is a file here and a line in this list. */
export const COMMANDS: readonly Command[] = [generateCommand, migrateCommand, compileCommand];
