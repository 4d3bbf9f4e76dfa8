import { loadDrizzleKit } from '../../author/generate/drizzle-kit.ts';
import { readSchema } from '../checkout/read-schema.ts';
import { defineCommand } from '../command.ts';
import { cancelled } from '../create-context.ts';
import { EXIT } from '../exit-codes.ts';
import { formatCount } from '../words.ts';

interface PushOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** `push`: the schema straight into a development database, without a migration (E5). */
export const pushCommand = defineCommand<PushOptions>({
  name: 'push',
  aliases: [],
  summary: 'development only: make the database as the schema is, without a migration',
  description:
    'drizzle-kit compares and writes the SQL, which runs in one transaction. For trying things out: no history, no triggers, nothing is electrified, and a rename is a drop and a create. A production target is refused, whatever the flags.',
  options: [
    { flags: '--force', description: 'do it though data would be lost' },
    { flags: '--dry-run', description: 'only print the SQL' },
  ],
  examples: ['push', 'push --dry-run'],
  async run(context, { force = false, dryRun = false }) {
    const { io, environment } = context;
    const checkout = await context.checkout();
    const database = await context.database();
    await context.refuseProduction(database, 'push');
    const { schema, ...style } = await readSchema(checkout);
    const kit = await loadDrizzleKit(checkout.root);
    const wanted = kit.snapshot(schema, style);
    const plan = await io.progress('Comparing', () =>
      kit.pushPlan(database.executor, wanted, style.schemaFilter ?? ['public']),
    );
    const json = { database: database.label, ...plan, isApplied: false };
    if (plan.statements.length === 0) {
      io.out(`${database.label} is as the schema says.`);
      return { exitCode: EXIT.done, json };
    }
    for (const statement of plan.statements) io.out(statement.trim());
    for (const warning of plan.warnings) io.err(warning.trim());
    if (dryRun) return { exitCode: EXIT.done, json };
    if (plan.losesData && !force) {
      const isMeant = await io.confirm(`Data in ${database.label} will be lost. Go on?`, '--force');
      if (!isMeant) throw cancelled();
    }
    await database.executor.transaction(async (tx) => {
      for (const statement of plan.statements) await tx.exec(statement);
    });
    io.out(`${formatCount(plan.statements.length, 'statement')} run on ${database.label}.`);
    io.out(
      `No migration holds this yet: \`${environment.commandLine('generate')}\` writes it, \`${environment.commandLine('adopt')}\` lets this database keep what it has; or \`${environment.commandLine('reset')}\`.`,
    );
    return { exitCode: EXIT.done, json: { ...json, isApplied: true } };
  },
});
