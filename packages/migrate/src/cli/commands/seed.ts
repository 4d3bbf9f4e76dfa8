import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { seedNow } from '../seed/run-seed.ts';

/** `seed`: default data, idempotently (C9). */
export const seedCommand = defineCommand<{ readonly force?: boolean }>({
  name: 'seed',
  aliases: [],
  summary: 'put the default data in, unless this very seed has been put in before',
  description:
    'Runs `seed(db)` of the module that `seed` in lockstep.config.ts names, in one transaction. `migrate` and `reset` do the same at their end.',
  options: [{ flags: '--force', description: 'run it though this very module was run before' }],
  examples: ['seed', 'seed --force'],
  async run(context, { force = false }) {
    const { config } = await context.checkout();
    const database = await context.database();
    if (config.seed?.production !== true) await context.refuseProduction(database, 'This seed');
    await context.confirmProduction(database, 'Put the default data in');
    const outcome = await seedNow(context, database, force);
    return { exitCode: EXIT.done, json: { database: database.label, seed: outcome } };
  },
});
