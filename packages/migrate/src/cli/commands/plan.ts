import { relative } from 'node:path';
import { lintFolder } from '../../author/lint/lint-folder.ts';
import { formatPlanReport } from '../../operate/plan-report/format-plan-report.ts';
import { planReport } from '../../operate/plan-report/plan-report.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/** `plan`: what the pending migrations would do to the connected database, with its sizes. Changes nothing. */
export const planCommand = defineCommand<{ readonly check?: boolean }>({
  name: 'plan',
  aliases: [],
  summary: 'show what is pending would do: locks, sizes, time, WAL, what clients load again',
  description:
    'Reads the connected database and changes nothing. Times are rough: they tell seconds from hours. Who holds locks that a statement would wait for is told by process and application, without its SQL.',
  options: [{ flags: '--check', description: 'end with 4 when something is pending' }],
  examples: ['plan', 'plan --production --json'],
  async run(context, { check = false }) {
    const { io } = context;
    const checkout = await context.checkout();
    const { config, migrationsFolder, root } = checkout;
    const { bundle } = await io.progress('Reading the migrations', checkout.bundle);
    const database = await context.database('direct');
    const outcome = await io.progress('Measuring', () =>
      planReport(database.executor, {
        bundle,
        lint: (tags) =>
          lintFolder({
            folder: migrationsFolder,
            choice: { kind: 'tags', tags },
            settings: { ...config.lint, target: database.target },
            syncedTables: config.synced.length === 0 ? null : config.synced,
            nameOf: (file) => relative(root, file).replaceAll('\\', '/'),
          }),
      }),
    );
    if (outcome.kind === 'impossible') throw outcome.error;
    io.out(`${database.label}:`);
    io.out(formatPlanReport(outcome.report));
    return {
      exitCode: check && outcome.report.kind === 'pending' ? EXIT.found : EXIT.done,
      json: { database: database.label, ...outcome.report },
    };
  },
});
