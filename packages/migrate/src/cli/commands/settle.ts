import { LockstepError } from '@lockstep/protocol';
import { settleInterrupted } from '../../run/settle-interrupted.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

interface Options {
  readonly done?: boolean;
  readonly notDone?: boolean;
}

/** `settle`: answers MIGRATION_INTERRUPTED for the next run. */
export const settleCommand = defineCommand<Options>({
  name: 'settle',
  aliases: [],
  summary: 'say whether an interrupted statement was done, where the database can’t show it',
  description:
    'A run that was killed in a statement outside of transactions looks in the database how far it got. Where nothing shows it, it stops with MIGRATION_INTERRUPTED and asks: look, and answer with one of the two flags. The next `migrate` goes on behind the statement, or runs it again.',
  arguments: [{ name: '<tag>', description: 'the migration' }],
  options: [
    { flags: '--done', description: 'the statement was done' },
    { flags: '--not-done', description: 'it was not: it is run again' },
  ],
  examples: ['settle 0007_vacuum --done'],
  async run(context, { done = false, notDone = false }) {
    const [tag = ''] = context.args;
    if (done === notDone) {
      throw new LockstepError('USAGE', {
        message: 'Say what became of the statement.',
        remedy: 'Give one of --done and --not-done.',
      });
    }
    const database = await context.database();
    await context.confirmProduction(database, `Settle ${tag}`);
    const isSettled = await settleInterrupted(database.executor, tag, done ? 'done' : 'not-done');
    context.io.out(
      isSettled
        ? `${tag} is settled: the next migrate ${done ? 'goes on behind the statement' : 'runs it again'}.`
        : `${tag} has no open question.`,
    );
    return {
      exitCode: isSettled ? EXIT.done : EXIT.found,
      json: { database: database.label, tag, isSettled },
    };
  },
});
