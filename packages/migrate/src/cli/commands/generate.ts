import type { RenameQuestion } from '../../author/generate/decide.ts';
import { generate } from '../../author/generate/generate.ts';
import { formatItem } from '../../author/generate/item.ts';
import { readSchema } from '../checkout/read-schema.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

interface Options {
  readonly name?: string;
  readonly custom?: boolean;
  readonly rename?: readonly string[];
  readonly drop?: readonly string[];
  readonly create?: readonly string[];
  readonly verify?: boolean;
}

/** `generate`: the migration that the schema asks for (B2, issue 3's item 8). */
export const generateCommand = defineCommand<Options>({
  name: 'generate',
  aliases: [],
  summary: 'write the migration that the schema asks for',
  description: [
    'Compares the Drizzle schema with the newest snapshot and writes SQL, snapshot and journal entry as drizzle-kit does.',
    'Where something is gone and something of the same kind is new, it was renamed or dropped: at a terminal it asks, elsewhere it ends with 2 and prints the flags for each possibility. Names are written items, items.title or app.items.title, with a kind before them where two things share one: enum:state.',
  ].join('\n\n'),
  options: [
    { flags: '-n, --name <name>', description: 'of the file; two random words otherwise' },
    { flags: '--custom', description: 'an empty migration for SQL by hand' },
    { flags: '--rename <from=to...>', description: 'what was renamed, e.g. items.name=items.title' },
    { flags: '--drop <what...>', description: 'what is gone with its data, e.g. items.old' },
    { flags: '--create <what...>', description: 'what is new, and not a rename' },
    { flags: '--no-verify', description: 'does not replay the history on PGlite first' },
  ],
  examples: [
    'generate --name add_estimate',
    'generate --name title --rename items.name=items.title --drop items.old',
    'generate --custom --name seed_items',
  ],
  async run(context, options) {
    const { io } = context;
    const checkout = await context.checkout();
    const { schema, ...drizzle } = options.custom === true ? { schema: {} } : await readSchema(checkout);
    const result = await io.progress('Generating', () =>
      generate({
        ...drizzle,
        folder: checkout.migrationsFolder,
        schema,
        name: options.name ?? null,
        custom: options.custom === true,
        hints: options,
        ask: io.isInteractive ? (question) => ask(context, question) : null,
        verify: options.verify !== false,
      }),
    );
    switch (result.kind) {
      case 'unchanged':
        io.out('No schema changes, nothing to migrate.');
        return { exitCode: EXIT.done, json: result };
      case 'undecided':
        io.err(formatQuestions(result.questions));
        return { exitCode: EXIT.usage, json: result };
      case 'generated': {
        const { tag, statements, isVerified } = result;
        const proof = isVerified ? ', and a replay of the history agrees with the snapshot' : '';
        io.out(
          options.custom === true
            ? `Written: ${tag}.sql, for SQL by hand.`
            : `Written: ${tag}.sql (${statements.length} statement${statements.length === 1 ? '' : 's'}${proof}).`,
        );
        return { exitCode: EXIT.done, json: result };
      }
    }
  },
});

async function ask({ io }: CommandContext, question: RenameQuestion) {
  const { dropped, candidates, flags } = question;
  const choices = [
    ...candidates.map((item, index) => ({
      value: String(index),
      label: `renamed to ${formatItem(item)}`,
    })),
    { value: 'drop', label: 'dropped, with its data' },
  ];
  const answer = await io.select(`${describe(question)} Was it`, choices, flags.join(' or '));
  const to = candidates[Number(answer)];
  return to === undefined || answer === 'drop'
    ? ({ kind: 'drop' } as const)
    : ({ kind: 'rename', to, from: dropped } as const);
}

function describe({ dropped, candidates }: RenameQuestion): string {
  const names = candidates.map(formatItem).join(', ');
  const fresh = candidates.length === 0 ? '' : `, and ${names} ${candidates.length === 1 ? 'is' : 'are'} new`;
  return `The ${dropped.kind} ${formatItem(dropped)} is gone${fresh}.`;
}

/** Each undecided thing with the flags that decide it. */
function formatQuestions(questions: readonly RenameQuestion[]): string {
  const blocks = questions.map((question) =>
    [
      `${describe(question)} Say which:`,
      ...question.flags.map((flag) => `  ${flag}${flag.startsWith('--drop') ? '   (its data is lost)' : ''}`),
    ].join('\n'),
  );
  return ['Undecided, and nothing was written. Run it again with one flag of each:', ...blocks].join('\n');
}
