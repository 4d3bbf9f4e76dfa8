import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrations } from '../../author/read-migrations.ts';
import { type FileStatus, fileStatus } from '../../operate/status/files-status.ts';
import type { Checkout } from '../checkout/checkout.ts';
import type { CheckoutBundle } from '../checkout/checkout-bundle.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import {
  factsOf,
  headOf,
  isFileClean,
  isTargetClean,
  rowsOf,
  summaryOf,
  toJson,
} from '../status/format-status.ts';
import { readTargets } from '../status/read-targets.ts';

/** `status`: where each migration stands, in the files and in each database (B9). */
export const statusCommand = defineCommand<{ readonly check?: boolean }>({
  name: 'status',
  aliases: ['list'],
  summary: 'show where each migration stands: files, bundle, local and remote database',
  description:
    'A row for each migration. `local` is the database that other commands would take; `remote` is the one that .env.production names, if there is such a file. Nothing is changed anywhere.',
  options: [
    {
      flags: '--check',
      description: 'end with 4 when something is pending, edited, stale, not electrified or unreachable',
    },
  ],
  examples: ['status', 'status --check --json'],
  async run(context, { check = false }) {
    const { io } = context;
    const checkout = await context.checkout();
    const bundle = await io.progress('Reading the migrations', checkout.bundle);
    const files = await readFileStatus(checkout, bundle);
    const targets = await readTargets(context, bundle.bundle);
    if (files.length === 0) io.out(`No migrations in ${checkout.migrationsFolder}.`);
    else io.table(headOf(targets), rowsOf(files, targets));
    for (const line of summaryOf(files, targets)) io.out(line);
    const isClean = files.every(isFileClean) && targets.every(isTargetClean);
    return {
      exitCode: check && !isClean ? EXIT.found : EXIT.done,
      json: {
        isClean,
        migrations: files.map((file) => toJson(file, targets)),
        databases: targets.map(factsOf),
      },
    };
  },
});

async function readFileStatus(checkout: Checkout, { bundle, stale }: CheckoutBundle): Promise<FileStatus[]> {
  const { bundleFolder, config } = checkout;
  const isStale = (tag: string) => stale.some((file) => file.endsWith(`${tag}.ts`));
  const compiledStatus = (tag: string): FileStatus['compiled'] => {
    if (bundleFolder === null) return 'unused';
    if (!isStale(tag)) return 'fresh';
    return existsSync(join(bundleFolder, `${tag}.ts`)) ? 'stale' : 'missing';
  };
  const journal = await readMigrations(checkout.migrationsFolder);
  return journal.map((entry) =>
    fileStatus(entry, {
      syncedTables: config.synced,
      compiled: bundle.migrations.find(({ tag }) => tag === entry.tag),
      compiledStatus: compiledStatus(entry.tag),
    }),
  );
}
