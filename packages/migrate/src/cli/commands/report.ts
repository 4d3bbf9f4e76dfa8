import { isLockstepError } from '@lockstep/protocol';
import { reportDatabase } from '../../operate/report/report.ts';
import type { CheckoutBundle } from '../checkout/checkout-bundle.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { formatReport, type Report } from '../report/format-report.ts';
import { readVersions } from '../report/versions.ts';

/** `report`: what a bug report needs, and nothing private (C10). */
export const reportCommand = defineCommand({
  name: 'report',
  aliases: [],
  summary: 'print what a bug report needs: versions, migrations, drift, sizes; no private data',
  description:
    'Names of tables and migrations, versions, times and sizes. No rows, no hosts, no users, no passwords, no paths. Markdown, or JSON with --json. Changes nothing.',
  options: [],
  examples: ['report', 'report --json > report.json'],
  async run(context) {
    const { io } = context;
    const checkout = await context.checkout();
    const bundle = await io.progress('Reading the migrations', checkout.bundle);
    const report: Report = {
      versions: readVersions(checkout.root),
      checkout: {
        configuration: /drizzle\.config\.\w+$/.test(checkout.configFile)
          ? 'drizzle.config'
          : 'lockstep.config',
        migrations: bundle.bundle.migrations.length,
        bundle: checkout.bundleFolder === null ? 'none' : bundle.stale.length > 0 ? 'stale' : 'fresh',
        syncedTables: checkout.config.synced.length,
        hasSeed: checkout.config.seed !== null,
      },
      database: await readDatabase(context, bundle),
    };
    io.out(formatReport(report));
    return { exitCode: EXIT.done, json: report };
  },
});

async function readDatabase(
  context: CommandContext,
  { bundle }: CheckoutBundle,
): Promise<Report['database']> {
  try {
    if ((await context.choice()) === null) return null;
    const { executor, target } = await context.database();
    return await reportDatabase(executor, bundle, target);
  } catch (error) {
    if (isLockstepError(error)) return { error: error.code };
    throw error;
  }
}
