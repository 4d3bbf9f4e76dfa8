import { adopt, canAdopt, inspectAdoption } from '../../operate/adopt/adopt.ts';
import { formatAdoption } from '../../operate/adopt/format-adoption.ts';
import { writeBaseline } from '../checkout/write-baseline.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

interface Options {
  readonly at?: string;
  readonly repair?: boolean;
  readonly baseline?: boolean;
  readonly squashed?: boolean;
}

/** `adopt`: takes over a database that something else made (E1, E2, D2). */
export const adoptCommand = defineCommand<Options>({
  name: 'adopt',
  aliases: [],
  summary: 'take over a database that push, hand-written SQL or an older runner made',
  description: [
    'Finds by its structure which version of the history the database equals, and writes the tracking rows of that version. Where it equals none, the difference to the nearest and the SQL that would repair it are shown, and nothing is changed.',
    'Without a history, `--baseline` writes 0000 from the Drizzle schema, proves it equal to the database and marks it as applied.',
    'After a squash of old files into one, `--squashed` replaces the tracking rows of the old ones by those of the version that the database equals. Databases in the middle of what was squashed are told apart, and go to its end with the build before the squash first.',
  ].join('\n\n'),
  options: [
    { flags: '--at <tag>', description: 'the version it is at, where its structure fits several' },
    {
      flags: '--repair',
      description: "runs the repair that is shown, and keeps what the history doesn't know",
    },
    {
      flags: '--squashed',
      description: 'the files that made the database were squashed into fewer since',
    },
    {
      flags: '--baseline',
      description: 'writes the first migration from the schema, for a database without a history',
    },
  ],
  examples: [
    'adopt',
    'adopt --at 0003_notes',
    'adopt --repair --yes',
    'adopt --baseline',
    'adopt --squashed',
  ],
  async run(context, { at, repair = false, baseline = false, squashed = false }) {
    const { io } = context;
    const checkout = await context.checkout();
    const database = await context.database('migrate');
    const made = baseline ? await io.progress('Writing the baseline', () => writeBaseline(checkout)) : null;
    const { bundle } = made ?? (await io.progress('Reading the migrations', checkout.bundle));
    const options = { target: database.target, repair, squashed, ...(at === undefined ? {} : { at }) };
    try {
      const found = await inspectAdoption(database.executor, bundle, options);
      io.out(formatAdoption(found));
      const canBeDone = canAdopt(found, options);
      if (canBeDone) await context.confirmProduction(database, 'Adopt the database');
      // Files first: tracking rows of files that nobody has would be worse than files without rows.
      if (canBeDone) await made?.keep();
      const adoption = await adopt(database.executor, bundle, options);
      if (adoption.kind !== 'adopted') await made?.undo();
      if (adoption.kind === 'adopted') {
        io.out(`Adopted at ${adoption.tag}: ${adoption.tags.length} marked as applied.`);
      }
      return {
        exitCode: adoption.kind === 'unadoptable' ? EXIT.found : EXIT.done,
        json: { database: database.label, ...adoption },
      };
    } catch (error) {
      await made?.undo();
      throw error;
    } finally {
      await made?.close();
    }
  },
});
