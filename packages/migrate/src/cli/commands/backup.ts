import { backup, describeBackup } from '../../operate/backup/index.ts';
import { backupOptionsOf, backupTargetOf } from '../backup-target.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatCount } from '../words.ts';

/** `backup`: one now, proven by opening it (C3). */
export const backupCommand = defineCommand({
  name: 'backup',
  aliases: [],
  summary: 'back the database up, and prove the backup by opening it',
  description:
    'A PGlite directory is copied; of a Postgres pg_dump is taken, or what `backup` in the configuration says. Migrations that are pending on a production target make one by themselves.',
  options: [],
  examples: ['backup', 'backup --database file:app.db', 'backup --json'],
  async run(context) {
    const { io } = context;
    const database = await context.database();
    const options = await backupOptionsOf(context);
    const made = await io.progress('Backing up', () => backup(backupTargetOf(database), options));
    io.out(`Made ${describeBackup(made.manifest)}.`);
    if (made.pruned.length > 0) {
      io.out(`${formatCount(made.pruned.length, 'old backup')} deleted: ${made.pruned.join(', ')}.`);
    }
    const { structure: _structure, ...manifest } = made.manifest;
    return { exitCode: EXIT.done, json: { ...manifest, folder: options.folder, pruned: made.pruned } };
  },
});
