import { relative, resolve } from 'node:path';
import { BUNDLE_FILE, writeBundleFile } from '../../find/bundle-file.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatCount } from '../words.ts';

/** `pack`: the migrations become one file that a packaged program finds (C8). */
export const packCommand = defineCommand<Record<string, never>>({
  name: 'pack',
  aliases: [],
  summary: 'compile the migrations into one file for a packaged program',
  description: `Writes ${BUNDLE_FILE}, which findMigrations() and runMigrations(db) of @lockstep/migrate/node look for beside the program, in an Electron application's resources and archive, beside the executable, and in node_modules.`,
  arguments: [{ name: '[file]', description: `where to: ${BUNDLE_FILE} otherwise` }],
  options: [],
  examples: ['pack', `pack dist/${BUNDLE_FILE}`],
  async run(context) {
    const { migrationsFolder } = await context.checkout();
    const { cwd } = context.environment;
    const file = resolve(cwd, context.args[0] ?? BUNDLE_FILE);
    const { bundle } = await (await context.checkout()).bundle();
    const written = await context.io.progress('Compiling', () =>
      // What is pinned for replicas stays as it was committed.
      writeBundleFile(file, { folder: migrationsFolder, previous: bundle.migrations }),
    );
    const path = relative(cwd, file);
    context.io.out(`Written: ${path}, ${formatCount(written.migrations.length, 'migration')}.`);
    return { exitCode: EXIT.done, json: { file: path, migrations: written.migrations.length } };
  },
});
