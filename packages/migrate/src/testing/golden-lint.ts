import type { LintFile } from '../author/lint/lint.ts';
import { type LintSettings, lintSettingsSchema } from '../author/lint/settings.ts';

/** A golden file taken apart: its history, of which the last file is reported unless the options say otherwise. */
export interface GoldenLint {
  readonly files: readonly LintFile[];
  readonly settings: LintSettings;
  readonly syncedTables: readonly string[] | null;
}

/**
 * `-- options: {…}` in the first line (settings of the lint, and `synced`), then `-- file: tag` before each file.
 * The rule is switched on, whatever its level.
 */
export function parseGolden(text: string, rule: string): GoldenLint {
  const [head = '', ...sections] = text.split(/^-- file: /m);
  const options = /^-- options: (.*)$/m.exec(head)?.[1] ?? '{}';
  const { synced = null, ...settings } = JSON.parse(options) as { synced?: string[] | null };
  const files = sections.map((section, index): LintFile => {
    const newline = section.indexOf('\n');
    const tag = section.slice(0, newline).trim();
    return {
      tag,
      file: `${tag}.sql`,
      sql: section.slice(newline + 1),
      isReported: index === sections.length - 1,
    };
  });
  const rules = { [rule]: 'error' as const };
  return { files, settings: lintSettingsSchema.parse({ rules, ...settings }), syncedTables: synced };
}
