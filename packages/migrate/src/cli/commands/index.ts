import type { Command } from '../command.ts';
import { adoptCommand } from './adopt.ts';
import { backupCommand } from './backup.ts';
import { backupsCommand } from './backups.ts';
import { compileCommand } from './compile.ts';
import { generateCommand } from './generate.ts';
import { initCommand } from './init.ts';
import { lintCommand } from './lint.ts';
import { migrateCommand } from './migrate.ts';
import { packCommand } from './pack.ts';
import { planCommand } from './plan.ts';
import { programCommand } from './program.ts';
import { pushCommand } from './push.ts';
import { rebaseCommand } from './rebase.ts';
import { rehearseCommand } from './rehearse.ts';
import { reportCommand } from './report.ts';
import { resetCommand } from './reset.ts';
import { restoreCommand } from './restore.ts';
import { rollbackCommand } from './rollback.ts';
import { seedCommand } from './seed.ts';
import { settleCommand } from './settle.ts';
import { statusCommand } from './status.ts';
import { studioCommand } from './studio.ts';
import { verifyCommand, verifyTriggersCommand } from './verify.ts';

/** Every command, in the order of `--help`. A new one is a file here and a line in this list. */
export const COMMANDS: readonly Command[] = [
  initCommand,
  // Writing migrations.
  generateCommand,
  programCommand,
  rebaseCommand,
  compileCommand,
  packCommand,
  // Applying them.
  migrateCommand,
  adoptCommand,
  settleCommand,
  statusCommand,
  seedCommand,
  // Looking before and after.
  planCommand,
  lintCommand,
  verifyCommand,
  verifyTriggersCommand,
  reportCommand,
  rehearseCommand,
  // Going back.
  backupCommand,
  backupsCommand,
  restoreCommand,
  rollbackCommand,
  studioCommand,
  // Development only.
  pushCommand,
  resetCommand,
];
