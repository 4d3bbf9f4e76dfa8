import { existsSync } from 'node:fs';
import { LockstepError } from '@lockstep/protocol';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { labelOf } from '../database/production.ts';
import { EXIT } from '../exit-codes.ts';
import { runStudio } from '../studio/run-studio.ts';

interface StudioFlags {
  readonly host?: string;
  readonly port?: string;
}

/** `studio`: Drizzle Studio on the database that other commands would take (E5). */
export const studioCommand = defineCommand<StudioFlags>({
  name: 'studio',
  aliases: [],
  summary: 'look into the database with Drizzle Studio, until Ctrl-C',
  description:
    'Runs drizzle-kit studio with the checkout’s configuration and the chosen database, for this machine only unless --host says otherwise. The page itself is served by drizzle.studio and talks to the local address. A PGlite directory is kept from all other processes meanwhile, so stop the application first; one that a browser holds can’t be opened.',
  options: [
    { flags: '--host <host>', description: '127.0.0.1 unless given' },
    { flags: '--port <port>', description: '4983 unless given' },
  ],
  examples: ['studio', 'studio --database file:app.db --port 5000'],
  async run(context, { host = '127.0.0.1', port = '4983' }) {
    const { io } = context;
    const drizzle = await (await context.checkout()).drizzle();
    if (drizzle === null) {
      throw new LockstepError('CONFIG_INVALID', {
        message: 'Nothing says where the Drizzle schema is.',
        remedy: 'Write drizzle.config.ts with `schema: "./src/schema.ts"`.',
      });
    }
    const { label, database } = await findDatabase(context);
    io.err(`Drizzle Studio on ${label}; Ctrl-C ends it.`);
    const code = await runStudio({ drizzleConfig: drizzle.file, database, host, port, isJson: io.isJson });
    return { exitCode: code === 0 ? EXIT.done : EXIT.failed, json: { database: label } };
  },
});

async function findDatabase(context: CommandContext) {
  const choice = await context.choice();
  if (choice?.kind !== 'embedded') {
    // Opened first: that tells an unreachable server in our words, and asks before a production one.
    const database = await context.database();
    await context.confirmProduction(database, 'Open Studio, which can change rows,');
    return { label: database.label, database: { url: database.url ?? '' } };
  }
  const directory = choice.directory === null ? null : context.absolute(choice.directory);
  if (directory === null || !existsSync(directory)) {
    throw new LockstepError('CONFIG_INVALID', {
      message: `There is no database ${labelOf(choice)} to look into.`,
      remedy: `Make it with \`${context.environment.commandLine('migrate')}\` first.`,
    });
  }
  return { label: labelOf(choice), database: { directory } };
}
