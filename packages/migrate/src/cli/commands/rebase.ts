import { isLockstepError } from '@lockstep/protocol';
import { compileFolder } from '../../author/compile-folder.ts';
import { electrifyFolder } from '../../author/electrify-folder.ts';
import { ungeneratedChanges } from '../../author/generate/generate.ts';
import { formatConflict } from '../../author/rebase/conflict.ts';
import { type RebaseResult, rebase } from '../../author/rebase/rebase.ts';
import type { Checkout } from '../checkout/checkout.ts';
import { readSchema } from '../checkout/read-schema.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

/** `rebase`: my unmerged migrations behind main's, after a merge or in the middle of it. */
export const rebaseCommand = defineCommand<{ readonly onto?: string }>({
  name: 'rebase',
  aliases: [],
  summary: "put this branch's migrations behind main's, after a merge",
  description: [
    'Run it in the middle of the conflicts of `git merge main` or `git rebase main`, or after them. Both sides are read from git, so the journal may be full of conflict marks.',
    "Main's migrations keep their bytes. This branch's get new numbers, times and snapshots; their SQL stays byte for byte where it still fits, so databases that have them only learn the new names.",
  ].join('\n\n'),
  options: [{ flags: '--onto <ref>', description: 'whose migrations come first; main otherwise' }],
  examples: ['rebase', 'rebase --onto origin/develop'],
  async run(context, { onto = null }: { readonly onto?: string | null }) {
    const { io } = context;
    const checkout = await context.checkout();
    const { migrationsFolder: folder, bundleFolder } = checkout;
    const result = await io.progress('Rebasing', () => rebase({ folder, onto, bundleFolder }));
    if (result.kind === 'nothing') {
      io.out("Nothing to do: this branch's migrations come after main's, or it has none.");
      return { exitCode: EXIT.done, json: result };
    }
    if (result.kind === 'conflicts') {
      io.err(result.conflicts.map(formatConflict).join('\n'));
      io.err(
        'Nothing was written. Take the change out of one side (a new migration can follow), and run it again.',
      );
      return { exitCode: EXIT.usage, json: result };
    }
    tell(context, result);
    await electrifyFolder({ folder, syncedTables: checkout.config.synced, released: result.main });
    const files =
      bundleFolder === null
        ? []
        : (await io.progress('Compiling', () => compileFolder({ folder, outDir: bundleFolder }))).files;
    await checkSchema(context, checkout);
    io.out('Look at it with `git diff`, then `git add` the folders and conclude the merge.');
    return { exitCode: EXIT.done, json: { ...result, bundle: files } };
  },
});

function tell({ io, environment }: CommandContext, result: Extract<RebaseResult, { kind: 'rebased' }>): void {
  for (const { from, to, text } of result.migrations) {
    io.out(`${from} is now ${to}${text === 'kept' ? '' : ', with SQL made anew'}.`);
  }
  for (const tag of result.superfluous) io.out(`${tag} is left out: main has made the same change.`);
  const changed = [
    ...result.migrations.filter(({ text }) => text === 'regenerated').map(({ from }) => from),
    ...result.superfluous,
  ];
  if (changed.length === 0) return;
  io.err(
    `A database that has ${changed.join(', ')} in its old form is ahead now: roll it back (\`${environment.commandLine('rollback')}\`) or build it anew (\`${environment.commandLine('reset')}\`).`,
  );
}

/** What the merged schema says that no migration has: told, for the merge of the schema itself is a person's. */
async function checkSchema({ io, environment }: CommandContext, checkout: Checkout): Promise<void> {
  try {
    const changed = await ungeneratedChanges({
      folder: checkout.migrationsFolder,
      ...(await readSchema(checkout)),
    });
    if (changed.length === 0) return;
    io.err(
      `The schema and the migrations differ in ${changed.join(', ')}: finish merging the schema, or run \`${environment.commandLine('generate')}\`.`,
    );
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    io.err(`The schema could not be compared with the migrations: ${error.message}`);
  }
}
