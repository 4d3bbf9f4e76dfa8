import { basename, relative } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { LEVELS, type Level } from '../../author/lint/finding.ts';
import { formatGeneric, formatGithub } from '../../author/lint/format/annotations.ts';
import { formatCount, formatFindings } from '../../author/lint/format/terminal.ts';
import { highestLevel } from '../../author/lint/lint.ts';
import { type LintChoice, lintFolder } from '../../author/lint/lint-folder.ts';
import { plan } from '../../run/plan.ts';
import { readApplied } from '../../run/tracking.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

interface LintOptionsGiven {
  readonly all?: boolean;
  readonly since?: string;
  readonly pending?: boolean;
  readonly format?: 'text' | 'github' | 'generic';
  readonly maxLevel?: Level;
  readonly target?: 'server' | 'embedded';
}

/** `lint`: what migrations lock, rewrite, break or lose, and the safe form to paste (E7, B12). */
export const lintCommand = defineCommand<LintOptionsGiven>({
  name: 'lint',
  aliases: [],
  summary: 'say what migrations lock, rewrite, break or lose, with the safe form to paste',
  description:
    'Looks at the migrations that are not released (`releasedUpTo`), or at the files named. Needs no database, but for --pending. Ends with 4 when a finding is above --max-level. A comment `-- lockstep-ignore rule-name: reason` before a statement leaves a finding out.',
  arguments: [{ name: '[files...]', description: 'migrations to look at: paths or tags' }],
  options: [
    { flags: '--all', description: 'released ones as well' },
    { flags: '--since <tag>', description: 'those behind this one' },
    { flags: '--pending', description: 'those that the connected database lacks' },
    {
      flags: '--format <format>',
      description: 'for people, as GitHub annotations, or a line each',
      choices: ['text', 'github', 'generic'],
    },
    {
      flags: '--max-level <level>',
      description: 'the highest level that is let through (warning)',
      choices: ['none', ...LEVELS],
    },
    {
      flags: '--target <target>',
      description: 'for a server, or for a database inside of an application',
      choices: ['server', 'embedded'],
    },
  ],
  examples: ['lint', 'lint --since 0003_plans', 'lint --format github', 'lint drizzle/0004_notes.sql'],
  async run(context, options) {
    const { io } = context;
    const { config, migrationsFolder, root } = await context.checkout();
    const { target = config.lint.target, format = 'text', maxLevel = 'warning' } = options;
    const choice = await chooseMigrations(context, options, config.releasedUpTo);
    const { findings, files } = await lintFolder({
      folder: migrationsFolder,
      choice,
      settings: { ...config.lint, target },
      syncedTables: config.synced.length === 0 ? null : config.synced,
      nameOf: (file) => relative(root, file).replaceAll('\\', '/'),
    });
    if (format === 'text') io.out(formatFindings(findings, files));
    else if (findings.length > 0)
      io.out(format === 'github' ? formatGithub(findings) : formatGeneric(findings));
    const highest = highestLevel(findings);
    const isAbove = highest !== null && LEVELS.indexOf(highest) > LEVELS.indexOf(maxLevel);
    return {
      exitCode: isAbove ? EXIT.found : EXIT.done,
      json: { findings, files, summary: formatCount(findings, files), isAbove },
    };
  },
});

async function chooseMigrations(
  context: CommandContext,
  { all = false, since, pending = false }: LintOptionsGiven,
  releasedUpTo: string | null,
): Promise<LintChoice> {
  const given = [all, since !== undefined, pending, context.args.length > 0].filter(Boolean).length;
  if (given > 1) {
    throw new LockstepError('USAGE', {
      message: 'Files, --all, --since and --pending each say which migrations are looked at.',
      remedy: 'Give one of them.',
    });
  }
  if (context.args.length > 0) return { kind: 'tags', tags: context.args.map(tagOf) };
  if (all) return { kind: 'all' };
  if (pending) return { kind: 'tags', tags: await pendingTags(context) };
  return { kind: 'since', tag: since ?? releasedUpTo };
}

/** `drizzle/0003_plans.sql`, `20260101000000_plans/migration.sql` or the tag itself. */
function tagOf(argument: string): string {
  const name = basename(argument);
  if (name === 'migration.sql') return argument.replaceAll('\\', '/').split('/').at(-2) ?? name;
  return name.replace(/\.sql$/, '');
}

async function pendingTags(context: CommandContext): Promise<readonly string[]> {
  const checkout = await context.checkout();
  const { bundle } = await context.io.progress('Reading the migrations', checkout.bundle);
  const database = await context.database('direct');
  const found = plan(bundle, await readApplied(database.executor));
  return found.kind === 'pending' ? found.pending.map(({ migration }) => migration.tag) : [];
}
