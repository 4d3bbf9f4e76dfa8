import { type Migration, migrationSchema } from '@lockstep/protocol';
import { madeByHistory } from '../../operate/reset/made-by-history.ts';
import { resetDatabase } from '../../operate/reset/reset-database.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { runMigrations } from '../../run/run-migrations.ts';
import { existingTables } from '../../run/tracking-schema.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { cancelled } from '../create-context.ts';
import type { OpenDatabase } from '../database/database.ts';
import { EXIT } from '../exit-codes.ts';
import { type SeedOutcome, seedAfterMigrating } from '../seed/run-seed.ts';
import { formatCount } from '../words.ts';
import { readBundle } from './read-bundle.ts';

/** `reset`: everything goes, and is built anew (D6). */
export const resetCommand = defineCommand<{ readonly seed: boolean }>({
  name: 'reset',
  aliases: [],
  summary: 'development only: drop everything, migrate, seed',
  description:
    'Drops the schemas that the history made, everything in `public` that is not an extension’s, and the tracking; never roles or other databases. Asks for the database’s name. A production target is refused, whatever the flags.',
  options: [{ flags: '--no-seed', description: 'put no default data in' }],
  examples: ['reset', 'reset --yes --database file:app.db'],
  async run(context, { seed }) {
    const { io } = context;
    const bundle = await readBundle(context);
    const database = await context.database('migrate');
    await context.refuseProduction(database, 'reset');
    await confirmByName(context, database);
    const known = [...bundle.migrations, ...(await readStored(database.executor))];
    const made = await madeByHistory(known);
    await io.progress('Dropping everything', () => resetDatabase(database.executor, made));
    const result = await io.progress('Migrating', () =>
      runMigrations(database.executor, bundle, { target: database.target }),
    );
    if ('error' in result) throw result.error;
    io.out(`${database.label} is new: ${formatCount(result.migrations.length, 'migration')} applied.`);
    const seeded: SeedOutcome = seed ? await seedAfterMigrating(context, database) : 'none';
    const { version, migrations } = result;
    return { exitCode: EXIT.done, json: { database: database.label, version, migrations, seed: seeded } };
  },
});

/** Typed, because a yes is given too easily to the wrong window. */
async function confirmByName({ io, global }: CommandContext, database: OpenDatabase): Promise<void> {
  if (global.yes === true) return;
  const [found] = await database.executor.query<{ tables: string; size: string }>(
    `SELECT count(*)::text AS tables, pg_size_pretty(pg_database_size(current_database())) AS size FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'lockstep', 'drizzle', 'electric')`,
  );
  const what = `${database.label} (${formatCount(Number(found?.tables), 'table')}, ${found?.size})`;
  const typed = await io.input(
    `Everything in ${what} will be gone. Type ${database.name} to go on:`,
    '--yes',
  );
  if (typed.trim() !== database.name) throw cancelled();
}

/** A branch that isn't checked out any more may have made schemas too. */
async function readStored(executor: Executor): Promise<readonly Migration[]> {
  if ((await existingTables(executor, ['lockstep.migrations'])).size === 0) return [];
  const rows = await executor.query<{ entry: string }>(
    'SELECT entry::text AS entry FROM lockstep.migrations',
  );
  return rows.flatMap(({ entry }) => {
    const parsed = migrationSchema.safeParse(JSON.parse(entry));
    return parsed.success ? [parsed.data] : [];
  });
}
