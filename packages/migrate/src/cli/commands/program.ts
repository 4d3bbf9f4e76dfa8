import { relative } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { newProgram, sealProgram } from '../../author/program/new-program.ts';
import { readProgramFile } from '../../author/program/program-sql.ts';
import { readMigrations } from '../../author/read-migrations.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

interface ProgramOptions {
  readonly seal?: boolean;
  readonly description?: string;
}

/** `program`: a TypeScript migration is begun, or its SQL file made anew for the module as it is (D1). */
export const programCommand = defineCommand<ProgramOptions>({
  name: 'program',
  aliases: [],
  summary: 'begin a migration in TypeScript, or seal one that was edited',
  description:
    "Makes a module with up(db) beside a new migration's SQL file, which refuses under runners that don't know it and holds the module's hash. After editing the module, --seal writes that hash anew, while the migration is not released (`releasedUpTo`).",
  arguments: [
    { name: '[name]', description: 'what it is called; with --seal its tag, or every one that needs it' },
  ],
  options: [
    { flags: '--seal', description: 'make the SQL file anew for the module as it is' },
    { flags: '--description <text>', description: 'what it does, in a sentence' },
  ],
  examples: ['program lower_names', 'program --seal'],
  async run(context, { seal = false, description }) {
    const { migrationsFolder } = await context.checkout();
    const [name] = context.args;
    if (seal) return sealAll(context, migrationsFolder, name ?? null);
    if (name === undefined) {
      throw new LockstepError('CONFIG_INVALID', {
        message: 'The new migration has no name.',
        remedy: 'Give one: `program lower_names`. To seal one that was edited: `program --seal`.',
      });
    }
    const made = await newProgram(migrationsFolder, name, description === undefined ? {} : { description });
    const moduleFile = relative(context.environment.cwd, made.moduleFile);
    context.io.out(
      `Made ${made.tag}. Write up(db) in ${moduleFile}, then run \`${context.environment.commandLine('program --seal')}\`.`,
    );
    return { exitCode: EXIT.done, json: { tag: made.tag, file: moduleFile } };
  },
});

async function sealAll(context: CommandContext, folder: string, wanted: string | null) {
  const { config } = await context.checkout();
  const migrations = await readMigrations(folder);
  const newest = migrations.findIndex(({ tag }) => tag === config.releasedUpTo);
  const released = migrations.slice(0, newest + 1).map(({ tag }) => tag);
  const tags =
    wanted === null
      ? migrations.filter(({ sql }) => readProgramFile(sql).kind !== 'sql').map(({ tag }) => tag)
      : [wanted];
  const sealed: string[] = [];
  for (const tag of tags) if (await sealProgram(folder, tag, { released })) sealed.push(tag);
  context.io.out(sealed.length === 0 ? 'Nothing to seal.' : `Sealed: ${sealed.join(', ')}.`);
  return { exitCode: EXIT.done, json: { sealed } };
}
