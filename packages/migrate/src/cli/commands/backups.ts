import { isLockstepError } from '@lockstep/protocol';
import { listBackups, type StoredBackup, verifyBackup } from '../../operate/backup/index.ts';
import { countRows } from '../../operate/contents.ts';
import { backupOptionsOf } from '../backup-target.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/** `backups`: what there is to restore. */
export const backupsCommand = defineCommand<{ readonly verify?: boolean }>({
  name: 'backups',
  aliases: [],
  summary: 'list the backups, the newest first',
  options: [
    {
      flags: '--verify',
      description: 'look at each again: its bytes, and one of a PGlite by opening a copy',
    },
  ],
  examples: ['backups', 'backups --verify'],
  async run(context, { verify = false }) {
    const { io } = context;
    const { folder } = await backupOptionsOf(context);
    const backups = await listBackups(folder);
    const told = [];
    for (const backup of backups) {
      const state = verify
        ? await io.progress(`Opening ${backup.manifest.name}`, () => look(backup))
        : stateOf(backup);
      told.push({ ...backup.manifest, state });
    }
    if (told.length === 0) io.out(`No backups in ${folder}.`);
    else {
      const rows = told.map(({ name, database, version, contents, data, state }) => [
        name,
        database.label,
        version?.tag ?? '-',
        String(countRows(contents)),
        data.kind,
        state.text,
      ]);
      io.table(['backup', 'of', 'at', 'rows', 'kind', 'state'], rows);
    }
    const isGood = told.every(({ state }) => state.isGood);
    const json = { folder, backups: told.map(({ structure: _structure, ...backup }) => backup) };
    return { exitCode: isGood ? EXIT.done : EXIT.found, json };
  },
});

interface BackupState {
  readonly isGood: boolean;
  readonly text: string;
}

function stateOf({ manifest: { verified } }: StoredBackup): BackupState {
  return verified.kind === 'whole'
    ? { isGood: true, text: 'opened and compared when it was made' }
    : { isGood: true, text: verified.because };
}

const PROVEN = {
  opened: 'opened and compared now',
  bytes: 'its bytes are what was written',
  elsewhere: 'kept elsewhere: not looked at',
};

async function look(backup: StoredBackup): Promise<BackupState> {
  try {
    const { kind, differences } = await verifyBackup(backup);
    if (differences.length === 0) return { isGood: true, text: PROVEN[kind] };
    return { isGood: false, text: differences.join(', ') };
  } catch (error) {
    if (isLockstepError(error)) return { isGood: false, text: error.message };
    throw error;
  }
}
