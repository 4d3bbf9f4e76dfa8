import { LockstepError } from '@lockstep/protocol';
import { compileFolder } from '../../author/compile-folder.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatCount } from '../words.ts';

/** `compile`: the migrations folder becomes the bundle. */
export const compileCommand = defineCommand<{ readonly check?: boolean }>({
  name: 'compile',
  aliases: [],
  summary: 'compile the migrations folder into the bundle',
  options: [{ flags: '--check', description: 'write nothing, and end with 4 when the bundle is stale' }],
  examples: ['compile', 'compile --check'],
  async run(context, { check = false }) {
    const { io } = context;
    const { migrationsFolder, bundleFolder, config } = await context.checkout();
    if (bundleFolder === null) {
      throw new LockstepError('CONFIG_INVALID', {
        message: 'The configuration names no folder for the bundle.',
        remedy:
          'Set `bundle` in lockstep.config.ts, e.g. "./src/migrations"; without one nothing needs compiling.',
      });
    }
    const { files, migrations, withoutDown } = await io.progress('Compiling', () =>
      compileFolder({
        folder: migrationsFolder,
        outDir: bundleFolder,
        check,
        releasedUpTo: config.releasedUpTo,
      }),
    );
    const isStale = check && files.length > 0;
    if (files.length === 0)
      io.out(`The bundle is up to date: ${formatCount(migrations.length, 'migration')}.`);
    else io.out(`${check ? 'Stale' : 'Written'}: ${files.join(', ')}`);
    for (const { tag, reasons } of withoutDown) io.err(`${tag} can't be undone: ${reasons.join('; ')}.`);
    return { exitCode: isStale ? EXIT.found : EXIT.done, json: { files, isStale, withoutDown } };
  },
});
