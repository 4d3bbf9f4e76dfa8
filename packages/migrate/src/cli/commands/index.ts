import type { Command } from '../command.ts';
import { compileCommand } from './compile.ts';
import { generateCommand } from './generate.ts';
import { migrateCommand } from './migrate.ts';
import { pushCommand } from './push.ts';
import { resetCommand } from './reset.ts';
import { seedCommand } from './seed.ts';
import { statusCommand } from './status.ts';

/** Every command, in the order of `--help`. A new one is a file here and a line in this list. */
export const COMMANDS: readonly Command[] = [
  // Writing migrations.
  generateCommand,
  compileCommand,
  // Applying them.
  migrateCommand,
  statusCommand,
  seedCommand,
  // Looking before and after.
  // Going back.
  // Development only.
  pushCommand,
  resetCommand,
];
