import { LockstepError } from '@lockstep/protocol';
import { readMarker } from '../../embedded/marker.ts';
import {
  describeBackup,
  findBackup,
  listBackups,
  restoreEmbedded,
  restoreServer,
  type StoredBackup,
} from '../../operate/backup/index.ts';
import { readDatabaseId } from '../../run/identity.ts';
import { backupOptionsOf } from '../backup-target.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { cancelled, noDatabase } from '../create-context.ts';
import { labelOf, nameOf } from '../database/production.ts';
import { EXIT } from '../exit-codes.ts';

interface RestoreOptions {
  readonly disconnect?: boolean;
  readonly wait?: string;
}

/** `restore`: a backup takes the database's place, once it has been opened and compared (C3). */
export const restoreCommand = defineCommand<RestoreOptions>({
  name: 'restore',
  aliases: [],
  summary: 'put a backup in the place of the database',
  description:
    'The newest backup of this database, or the named one. It is restored beside the database, opened and compared; then it takes its place, and what was there stays under another name. Another database’s backup is refused, and one whose bytes have changed. Asks for the database’s name.',
  arguments: [{ name: '[backup]', description: 'its name, as `backups` lists it' }],
  options: [
    { flags: '--disconnect', description: 'end the connections that others have to a Postgres database' },
    { flags: '--wait <seconds>', description: 'wait for a process that has a PGlite directory open' },
  ],
  examples: ['restore', 'restore 20261120T134623Z-0003_notes-ab12cd', 'restore --database file:app.db --yes'],
  async run(context, { disconnect = false, wait = '0' }) {
    const { io } = context;
    const choice = await context.choice();
    if (choice === null) throw noDatabase();
    const { folder, policy } = await backupOptionsOf(context);
    const databaseId = (await context.checkout()).env.LOCKSTEP_DATABASE_ID ?? null;
    // Not opened by the context: what is to be replaced may not open any more, and may not be held by this process.
    const directory =
      choice.kind === 'embedded' && choice.directory !== null ? context.absolute(choice.directory) : null;
    const current =
      choice.kind === 'server'
        ? await idOfServer(context)
        : directory === null
          ? null
          : await idOfDirectory(directory);
    const chosen = await choose(context, folder, databaseId ?? current);
    io.out(`Restoring ${describeBackup(chosen.manifest)}.`);
    await confirm(context, labelOf(choice), nameOf(choice), chosen);
    const restored = await io.progress('Restoring', async () => {
      if (choice.kind === 'server') {
        const { pgBin } = policy;
        return restoreServer(chosen, choice.url, { databaseId, pgBin, disconnectOthers: disconnect });
      }
      if (directory === null) throw noDatabase();
      const { replaced } = await restoreEmbedded(chosen, directory, {
        databaseId,
        waitMs: Number(wait) * 1000,
      });
      return { replaced, slots: [] };
    });
    const { replaced, slots } = restored;
    io.out(`${labelOf(choice)} is as it was at ${chosen.manifest.takenAt}.`);
    if (replaced !== null) io.out(`What was there is ${replaced} now: delete it when it is not needed.`);
    if (slots.length > 0) {
      io.err(
        `Its replication slots (${slots.join(', ')}) hold back the server's log until it is dropped; followers start anew.`,
      );
    }
    return {
      exitCode: EXIT.done,
      json: {
        database: labelOf(choice),
        backup: chosen.manifest.name,
        version: chosen.manifest.version,
        replaced,
        slots,
      },
    };
  },
});

async function idOfServer(context: CommandContext): Promise<string | null> {
  const { executor, close } = await context.database();
  const id = await readDatabaseId(executor);
  await close();
  return id;
}

/** From the marker: the directory itself may be damaged. */
async function idOfDirectory(directory: string): Promise<string | null> {
  return (await readMarker(directory))?.databaseId ?? null;
}

async function choose(context: CommandContext, folder: string, id: string | null): Promise<StoredBackup> {
  const [name] = context.args;
  if (name !== undefined) return findBackup(folder, name);
  const backups = await listBackups(folder);
  const own = id === null ? backups : backups.filter(({ manifest }) => manifest.database.id === id);
  const ids = new Set(own.map(({ manifest }) => manifest.database.id));
  const [newest] = own;
  if (newest !== undefined && ids.size === 1) return newest;
  throw new LockstepError('BACKUP_NOT_FOUND', {
    message:
      newest === undefined
        ? `There is no backup of this database in ${folder}.`
        : `The backups in ${folder} are of several databases, and which this one was can't be seen.`,
    remedy: `\`${context.environment.commandLine('backups')}\` lists all: name one.`,
  });
}

/** Typed, because a yes is given too easily to the wrong window. */
async function confirm(
  { io, global }: CommandContext,
  label: string,
  name: string,
  { manifest }: StoredBackup,
): Promise<void> {
  if (global.yes === true) return;
  const typed = await io.input(
    `${label} will be as it was at ${manifest.takenAt} (${manifest.version?.tag ?? 'no migration'}). Type ${name} to go on:`,
    '--yes',
  );
  if (typed.trim() !== name) throw cancelled();
}
