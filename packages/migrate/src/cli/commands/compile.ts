import { compileFolder } from '../../author/compile-folder.ts';
import { generateDowns } from '../../author/down/generate-downs.ts';
import { readMigrations } from '../../author/read-migrations.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatCount } from '../words.ts';

/** `compile`: the migrations folder becomes the bundle. */
export const compileCommand = defineCommand<{ readonly check?: boolean }>({
  name: 'compile',
  aliases: [],
  summary: 'compile the migrations folder into the bundle, and write the downs',
  description:
    'Without `bundle` in the configuration it writes the downs alone (drizzle/down): other commands compile by themselves.',
  options: [{ flags: '--check', description: 'write nothing, and end with 4 when the bundle is stale' }],
  examples: ['compile', 'compile --check'],
  async run(context, { check = false }) {
    const { io } = context;
    const { migrationsFolder, bundleFolder, config } = await context.checkout();
    const { releasedUpTo } = config;
    const { files, withoutDown } = await io.progress('Compiling', () =>
      bundleFolder === null
        ? generateDowns(migrationsFolder, { check, releasedUpTo })
        : compileFolder({ folder: migrationsFolder, outDir: bundleFolder, check, releasedUpTo }),
    );
    const isStale = check && files.length > 0;
    if (files.length === 0) {
      const what = bundleFolder === null ? 'The downs are' : 'The bundle is';
      io.out(
        `${what} up to date: ${formatCount((await readMigrations(migrationsFolder)).length, 'migration')}.`,
      );
    } else io.out(`${check ? 'Stale' : 'Written'}: ${files.join(', ')}`);
    for (const { tag, reasons } of withoutDown) io.err(`${tag} can't be undone: ${reasons.join('; ')}.`);
    return { exitCode: isStale ? EXIT.found : EXIT.done, json: { files, isStale, withoutDown } };
  },
});
