import { isLockstepError } from '@lockstep/protocol';
import { reportDatabase } from '../../operate/report/report.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { ProjectBundle } from '../project/project-bundle.ts';
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
    const project = await context.project();
    const bundle = await io.progress('Reading the migrations', project.bundle);
    const report: Report = {
      versions: readVersions(project.root),
      project: {
        configuration: /drizzle\.config\.\w+$/.test(project.configFile)
          ? 'drizzle.config'
          : 'lockstep.config',
        migrations: bundle.bundle.migrations.length,
        bundle: project.bundleFolder === null ? 'none' : bundle.stale.length > 0 ? 'stale' : 'fresh',
        syncedTables: project.config.synced.length,
        hasSeed: project.config.seed !== null,
      },
      database: await readDatabase(context, bundle),
    };
    io.out(formatReport(report));
    return { exitCode: EXIT.done, json: report };
  },
});

async function readDatabase(context: CommandContext, { bundle }: ProjectBundle): Promise<Report['database']> {
  try {
    if ((await context.choice()) === null) return null;
    const { executor, target } = await context.database();
    return await reportDatabase(executor, bundle, target);
  } catch (error) {
    if (isLockstepError(error)) return { error: error.code };
    throw error;
  }
}
