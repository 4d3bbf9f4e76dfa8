import { formatError } from '@lockstep/protocol';
import { tripwire } from '../../operate/integrity/index.ts';
import { formatRehearsal, type RehearsalTarget, rehearse } from '../../operate/rehearsal/index.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import type { OpenDatabase } from '../database/database.ts';
import { EXIT } from '../exit-codes.ts';
import { readBundle } from './read-bundle.ts';

/** `rehearse`: the pending migrations on a copy (C11). */
export const rehearseCommand = defineCommand({
  name: 'rehearse',
  aliases: [],
  summary: 'run the pending migrations on a copy, and report what they do',
  description:
    'Durations, locks, rewritten tables, rows and log of each statement; nothing of the original changes. A PGlite is copied; of a Postgres a database is made with it as template while nobody else is connected, or from a dump.',
  options: [],
  examples: ['rehearse', 'rehearse --database file:app.db --json'],
  async run(context) {
    const { io } = context;
    const bundle = await readBundle(context);
    const database = await context.database();
    const target = await targetOf(context, database);
    // A connection of ours would keep it from being a template.
    if (target.kind === 'server') await database.close();
    const { config } = await context.checkout();
    const report = await io.progress('Rehearsing', () =>
      rehearse(target, bundle, { stash: config.stash, guards: [tripwire({ mayEmpty: config.mayEmpty })] }),
    );
    io.out(formatRehearsal(report));
    if (report.error !== null) io.out(formatError(report.error));
    const error =
      report.error === null
        ? null
        : { code: report.error.code, message: report.error.message, place: report.error.place };
    return {
      exitCode: report.error === null ? EXIT.done : EXIT.found,
      json: { database: database.label, ...report, error },
    };
  },
});

async function targetOf(
  { environment, checkout }: CommandContext,
  { db, executor, directory, url }: OpenDatabase,
): Promise<RehearsalTarget> {
  if (db !== null) return { kind: 'embedded', db, executor, directory };
  if (url === null) throw new Error('A database is either embedded or has a URL.');
  const { pgBin } = (await checkout()).config.backup;
  return {
    kind: 'server',
    url,
    pgBin,
    async connect(copyUrl) {
      const choice = { kind: 'server', url: copyUrl, source: '--database' } as const;
      const route = (await environment.route?.(choice)) ?? null;
      const connection = await environment.open.postgres(route?.url ?? copyUrl);
      const close = async () => {
        await connection.close();
        await route?.close();
      };
      return { ...connection, close };
    },
  };
}
