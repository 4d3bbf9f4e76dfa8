import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { configText } from '../init/config-text.ts';
import { type CheckoutFacts, findFacts } from '../init/find-facts.ts';
import { findTracking, type TrackingFacts } from '../init/find-tracking.ts';
import { formatCount } from '../words.ts';

const CONFIG_NAME = 'lockstep.config.ts';

/** `init`: writes the configuration and prints what it found. */
export const initCommand = defineCommand({
  name: 'init',
  aliases: [],
  summary: 'write lockstep.config.ts, and print what was found in the checkout',
  description:
    'Overwrites nothing, and changes no database. Without a configuration every command reads drizzle.config.ts, and nothing is synced; so this is for what only lockstep.config.ts can say.',
  options: [],
  examples: ['init', 'init --database file:app.db'],
  async run(context) {
    const { io, environment } = context;
    const facts = await findFacts(environment.cwd);
    const written = facts.configFile === null ? await writeConfig(facts) : null;
    // After the configuration: it is what names production hosts.
    const tracking = await findTracking(context);
    io.table([], rowsOf(facts, tracking));
    io.out('');
    io.out(
      written === null
        ? `${facts.configFile} is there already, and stays as it is.`
        : `Written: ${written}. It can be committed as it is.`,
    );
    io.out(nextStep(context, facts, tracking));
    return { exitCode: EXIT.done, json: { ...facts, tracking, written } };
  },
});

async function writeConfig({ root, drizzle, migrations }: CheckoutFacts): Promise<string> {
  const file = join(root, CONFIG_NAME);
  const other = drizzle === null || drizzle.file === './drizzle.config.ts' ? null : drizzle.file;
  // Fails rather than overwrites, whatever was looked up before.
  await writeFile(file, configText({ migrations: migrations.folder, drizzle: other }), { flag: 'wx' });
  return file;
}

function rowsOf(facts: CheckoutFacts, tracking: TrackingFacts): readonly (readonly string[])[] {
  return [
    ['Drizzle configuration', describeDrizzle(facts)],
    ['Migrations', describeMigrations(facts)],
    ...Object.entries(facts.versions).map(([name, version]) => [name, version ?? 'not installed']),
    ...describeTracking(tracking),
  ];
}

function describeDrizzle({ drizzle }: CheckoutFacts): string {
  if (drizzle === null) return 'none (drizzle.config.ts)';
  if (drizzle.kind === 'unreadable') return `${drizzle.file}: ${drizzle.problem}`;
  return `${drizzle.file}: schema ${drizzle.schema.join(', ') || 'not named'}, out ${drizzle.out}`;
}

function describeMigrations({ migrations }: CheckoutFacts): string {
  if (migrations.kind === 'unreadable') return `${migrations.folder}: ${migrations.problem}`;
  const { folder, layout, count, newest } = migrations;
  if (newest === null) return `${folder}: none yet`;
  const version = layout === 'journal' ? 'a journal, drizzle-kit 0.31' : 'folders, drizzle-kit 1.0';
  return `${folder}: ${formatCount(count, 'migration')} (${version}), the newest is ${newest}`;
}

function describeTracking(tracking: TrackingFacts): readonly (readonly string[])[] {
  switch (tracking.kind) {
    case 'none':
      return [['Database', 'none is named (DATABASE_URL, PGHOST or --database)']];
    case 'unreachable':
      return [['Database', tracking.problem]];
    case 'absent':
      return [['Database', `${tracking.database}: not there yet; the first migration makes it`]];
    case 'read':
      return [
        ['Database', tracking.database],
        ...tracking.tables.map(({ name, rows, owner }) => [name, `${formatCount(rows, 'row')} (${owner})`]),
        ...(tracking.tables.length === 0 ? [['Tracking tables', 'none']] : []),
      ];
  }
}

function nextStep({ environment }: CommandContext, facts: CheckoutFacts, tracking: TrackingFacts): string {
  const say = (what: string, command: string) => `${what}: \`${environment.commandLine(command)}\`.`;
  const isTracked = tracking.kind === 'read' && tracking.tables.some(({ rows }) => rows > 0);
  if (facts.migrations.kind === 'read' && facts.migrations.count === 0)
    return say('Next, write the first migration', 'generate --name first');
  if (tracking.kind === 'read' && !isTracked) return say('Next, if the database has tables already', 'adopt');
  return say('Next, see where each migration stands', 'status');
}
