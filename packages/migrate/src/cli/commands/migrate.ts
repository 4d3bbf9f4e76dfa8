import { LockstepError, type MigrationBundle } from '@lockstep/protocol';
import { markProduction } from '../../operate/production-mark.ts';
import { formatRunEvent, type RunEvent } from '../../run/events.ts';
import { runMigrations } from '../../run/run-migrations.ts';
import { readApplied } from '../../run/tracking.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { safeRunOf } from '../safe-run.ts';
import { type SeedOutcome, seedAfterMigrating } from '../seed/run-seed.ts';
import { formatCount } from '../words.ts';
import { chooseAfterBranchSwitch } from './branch-switch.ts';
import { readBundle } from './read-bundle.ts';
import { resetCommand } from './reset.ts';
import { rollbackCommand } from './rollback.ts';

interface MigrateOptions {
  readonly to?: string;
  readonly seed: boolean;
  readonly stash: boolean;
  readonly backup: boolean;
}

/** `migrate`: what is pending is applied, in order (E5, E6, C7). */
export const migrateCommand = defineCommand<MigrateOptions>({
  name: 'migrate',
  aliases: ['up', 'deploy'],
  summary: 'apply the pending migrations',
  description:
    'Each migration runs in its own transaction with its tracking rows; a failed one leaves nothing. On a production target a backup is made and proven first. With `seed` in the configuration the default data is put in afterwards, on production targets only if the configuration says so.',
  options: [
    { flags: '--to <tag>', description: 'apply up to this migration, by its tag or number, and no further' },
    { flags: '--no-seed', description: 'put no default data in' },
    {
      flags: '--no-stash',
      description: 'keep nothing of what is dropped: undoing it is then refused as lossy',
    },
    { flags: '--no-backup', description: 'on a production target, go on without a backup of it' },
  ],
  examples: [
    'migrate',
    'migrate --database file:app.db',
    'migrate --to 0003',
    'migrate --production --yes --json',
  ],
  async run(context, { to, seed, stash, backup }) {
    const { io } = context;
    const bundle = await readBundle(context);
    const database = await context.database('migrate');
    io.out(`${formatCount(bundle.migrations.length, 'migration')} found, for ${database.label}.`);
    await context.confirmProduction(database, 'Apply the pending migrations');
    const wanted = to === undefined ? bundle : upTo(bundle, to);
    if (to !== undefined) await refuseGoingBack(context, bundle, wanted);
    const { config } = await context.checkout();
    const safety = await safeRunOf(context, database, { withBackup: backup });
    const run = () =>
      runMigrations(database.executor, wanted, {
        ...safety.options,
        target: database.target,
        stash: stash ? config.stash : false,
        onEvent: (event) => tell(context, event),
      });
    let result = await run();
    if (result.kind === 'refused') {
      const choice = await chooseAfterBranchSwitch(context, database, bundle, result.error);
      if (choice.kind === 'rebuild') return resetCommand.run(context, { seed });
      await rollbackCommand.run(context, { to: choice.to ?? 'none', stash: true });
      result = await run();
    }
    if ('error' in result) throw result.error;
    if (result.kind === 'applied') await safety.finish();
    if (database.isProduction) await markProduction(database.executor);
    const skipped = wanted.migrations.length - result.migrations.length;
    io.out(`${result.migrations.length} run, ${skipped} skipped because applied before: up to date.`);
    const seeded: SeedOutcome =
      seed && to === undefined ? await seedAfterMigrating(context, database) : 'none';
    const { kind, version, migrations } = result;
    return {
      exitCode: EXIT.done,
      json: { database: database.label, kind, version, migrations, skipped, seed: seeded },
    };
  },
});

function tell({ io }: CommandContext, event: RunEvent): void {
  const line = formatRunEvent(event);
  // What is applied before is counted in the last line; the error is told once, with its place and remedy.
  if (line !== null && event.kind !== 'failed') io.out(line);
}

/** The bundle to a migration, named by its tag, its number or the beginning of its tag. Raises USAGE. */
function upTo(bundle: MigrationBundle, name: string): MigrationBundle {
  const isMeant = ({ tag, index }: { readonly tag: string; readonly index: number }) =>
    tag === name || String(index) === name.replace(/^0+(?=\d)/, '') || tag.startsWith(`${name}_`);
  const position = bundle.migrations.findIndex(isMeant);
  if (position !== -1) return { ...bundle, migrations: bundle.migrations.slice(0, position + 1) };
  throw new LockstepError('USAGE', {
    message: `There is no migration ${JSON.stringify(name)}.`,
    remedy: `Name one by tag or number, e.g. ${bundle.migrations.at(-1)?.tag ?? '0000_first'}.`,
  });
}

async function refuseGoingBack(
  context: CommandContext,
  bundle: MigrationBundle,
  wanted: MigrationBundle,
): Promise<void> {
  const { executor } = await context.database('migrate');
  const { migrations } = await readApplied(executor);
  const applied = new Set(migrations.map(({ hash }) => hash));
  const later = bundle.migrations.slice(wanted.migrations.length).filter(({ hash }) => applied.has(hash));
  if (later.length === 0) return;
  const target = wanted.migrations.at(-1)?.tag;
  throw new LockstepError('USAGE', {
    message: `${later.map(({ tag }) => tag).join(', ')}: applied already, and after ${target}.`,
    remedy: `To go back run \`${context.environment.commandLine(`rollback --to ${target}`)}\`.`,
  });
}
