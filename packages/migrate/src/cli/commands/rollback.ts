import { isLockstepError, LockstepError, type MigrationBundle } from '@lockstep/protocol';
import { describeRollback, type RollbackEvent, rollback } from '../../operate/rollback/rollback.ts';
import { lossError } from '../../operate/rollback/rollback-error.ts';
import type { RollbackEffect, RollbackPreview } from '../../operate/rollback/rollback-preview.ts';
import { readStoredEntries } from '../../operate/rollback/stored-entries.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, formatCount, formatTime } from '../words.ts';
import { readBundle } from './read-bundle.ts';

interface RollbackCommandOptions {
  readonly to?: string;
  readonly acceptDataLoss?: boolean;
  readonly stash: boolean;
  readonly dryRun?: boolean;
}

/** `rollback`: back to an earlier version, by the downs (D3). */
export const rollbackCommand = defineCommand<RollbackCommandOptions>({
  name: 'rollback',
  aliases: ['down', 'undo'],
  summary: 'undo the migrations behind a tag, by their downs',
  description:
    'Shows what happens to which rows before it does anything. What is dropped is kept in a stash and comes back when the migration is applied again; what would be lost for good is refused. The downs are those that were stored when the migrations were applied, so the files may be gone.',
  options: [
    {
      flags: '--to <tag>',
      description: 'the newest migration that stays, by tag or number; `none` undoes all',
    },
    { flags: '--accept-data-loss', description: 'data may be lost for good' },
    { flags: '--no-stash', description: 'keep nothing of what is dropped; needs --accept-data-loss' },
    { flags: '--dry-run', description: 'show what would happen, and do nothing' },
  ],
  examples: [
    'rollback --to 0003',
    'rollback --to 0003_notes --dry-run',
    'rollback --to none --database file:app.db',
  ],
  async run(context, { to: wanted, acceptDataLoss = false, stash, dryRun = false }) {
    const { io } = context;
    if (wanted === undefined) {
      throw new LockstepError('USAGE', {
        message: 'Nothing says how far to go back.',
        remedy:
          'Name the newest migration that stays: --to 0003_notes (or its number; none for an empty database).',
      });
    }
    const bundle = await bundleIfAny(context);
    const database = await context.database('migrate');
    const { executor, target, label } = database;
    const to = wanted === 'none' ? null : await findTag(context, wanted);
    const options = { to, target, stash, ...(bundle === null ? {} : { bundle }) };
    const preview = await io.progress('Counting rows', () => describeRollback(executor, options));
    if (preview === null) {
      io.out(`Nothing is applied behind ${wanted}.`);
      return { exitCode: EXIT.done, json: { database: label, kind: 'nothing', to } };
    }
    show(context, preview);
    const json = { database: label, to, ...preview };
    if (dryRun) return { exitCode: EXIT.done, json: { ...json, kind: 'planned' } };
    if (preview.losses.length > 0 && !acceptDataLoss) throw lossError(preview.losses);
    await context.confirmProduction(database, `Undo ${formatCount(preview.undone.length, 'migration')}`);
    const result = await rollback(executor, {
      ...options,
      acceptLoss: acceptDataLoss,
      onEvent: (event) => tell(context, event),
    });
    if (result.kind === 'failed' || result.kind === 'refused') throw result.error;
    io.out(`${label} is at ${result.version?.tag ?? 'no migration'}.`);
    return { exitCode: EXIT.done, json: { ...json, ...result } };
  },
});

/** A branch whose files are gone, or don't compile, is undone by what is stored. */
async function bundleIfAny(context: CommandContext): Promise<MigrationBundle | null> {
  try {
    return await readBundle(context);
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    context.io.err(`The migrations here can't be read (${error.code}); the stored downs are taken.`);
    return null;
  }
}

async function findTag(context: CommandContext, name: string): Promise<string> {
  const { executor } = await context.database('migrate');
  const number = name.replace(/^0+(?=\d)/, '');
  const found = (await readStoredEntries(executor)).find(
    ({ tag, index }) => tag === name || tag.startsWith(`${name}_`) || String(index) === number,
  );
  return found?.tag ?? name;
}

function show({ io }: CommandContext, { undone, effects }: RollbackPreview): void {
  io.out('To be undone, in this order:');
  io.table(
    ['migration', 'applied', 'statements'],
    undone.map(({ tag, appliedAt, statements }) => [
      tag,
      formatTime(appliedAt),
      String(statements ?? 'program'),
    ]),
  );
  if (effects.length === 0) return;
  io.table(
    ['migration', 'table', 'what', 'rows', 'size', ''],
    effects.map((effect) => [
      effect.tag,
      effect.table,
      effect.isWhole ? 'the table' : effect.columns.join(', '),
      effect.rows === null ? '?' : String(effect.rows),
      effect.bytes === null ? '' : formatBytes(effect.bytes),
      FATES[effect.kind],
    ]),
  );
}

const FATES: Readonly<Record<RollbackEffect['kind'], string>> = {
  'set-aside': 'dropped, kept in the stash',
  lost: 'dropped, LOST',
  restored: 'comes back from the stash',
  'not-restored': 'comes back EMPTY: no stash has it',
};

function tell({ io }: CommandContext, event: RollbackEvent): void {
  switch (event.kind) {
    case 'waiting':
      return io.out(`Another runner is migrating this database (${event.holder}), waiting for it.`);
    case 'undoing':
      return io.out(`Undoing ${event.tag} (${event.position} of ${event.of}).`);
    case 'undone':
      return io.out(`Undone ${event.tag} in ${event.durationMs} ms.`);
    case 'stashed':
    case 'restored':
      if (event.rows === 0) return;
      return io.out(
        `${formatCount(event.rows, 'row')} of ${event.table} ${event.kind === 'stashed' ? 'kept in' : 'brought back from'} the stash.`,
      );
  }
}
