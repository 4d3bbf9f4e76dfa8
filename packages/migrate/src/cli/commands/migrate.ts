import { formatRunEvent } from '../../run/events.ts';
import { runMigrations } from '../../run/run-migrations.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

/** `migrate`: what is pending is applied, in order (E5, E6, C7). */
export const migrateCommand = defineCommand<{ readonly to?: string }>({
  name: 'migrate',
  aliases: ['up', 'deploy'],
  summary: 'apply the pending migrations',
  options: [],
  examples: ['migrate', 'migrate --database file:app.db', 'migrate --yes --json'],
  async run(context) {
    const { io } = context;
    const project = await context.project();
    const { bundle, stale } = await io.progress('Reading the migrations', project.bundle);
    if (stale.length > 0) warnStale(context, stale);
    const database = await context.database('migrate');
    await context.confirmProduction(database, 'Apply the pending migrations');
    const result = await runMigrations(database.executor, bundle, {
      target: database.target,
      onEvent: (event) => {
        const line = formatRunEvent(event);
        if (line !== null) io.out(line);
      },
    });
    if (result.kind === 'failed' || result.kind === 'refused') throw result.error;
    return {
      exitCode: EXIT.done,
      json: {
        database: database.label,
        kind: result.kind,
        version: result.version,
        migrations: result.migrations,
      },
    };
  },
});

function warnStale({ io, environment }: CommandContext, stale: readonly string[]): void {
  io.err(
    `The committed bundle is stale (${stale.join(', ')}); the files in the migrations folder count. Run \`${environment.commandLine('compile')}\` and commit it.`,
  );
}
