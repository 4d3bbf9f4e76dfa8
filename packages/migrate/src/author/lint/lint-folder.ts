import { LockstepError } from '@lockstep/protocol';
import { loadParser } from '../../sql/parser.ts';
import type { JournalMigration } from '../journal-migration.ts';
import { readMigrations } from '../read-migrations.ts';
import { type LintResult, lintFiles } from './lint.ts';
import { type LintSettings, lintSettingsSchema } from './settings.ts';

/** Which migrations are reported; all are read, for the schema that each finds. */
export type LintChoice =
  | { readonly kind: 'all' }
  /** Those behind a tag: `releasedUpTo`, or what `--since` names. Null for all. */
  | { readonly kind: 'since'; readonly tag: string | null }
  | { readonly kind: 'tags'; readonly tags: readonly string[] };

export interface LintFolderOptions {
  /** drizzle-kit's output folder. */
  readonly folder: string;
  readonly choice: LintChoice;
  /** The defaults otherwise. */
  readonly settings?: LintSettings;
  /** Tables that clients hold; null when nothing is known about sync. */
  readonly syncedTables: readonly string[] | null;
  /** How a file is called in findings; as it was read by default. */
  readonly nameOf?: (file: string) => string;
}

/**
 * Looks at a folder's migrations without a database. Raises what `readMigrations` raises, MIGRATION_SYNTAX, and
 * CONFIG_INVALID for a tag that isn't there.
 */
export async function lintFolder(options: LintFolderOptions): Promise<LintResult> {
  const {
    folder,
    choice,
    settings = lintSettingsSchema.parse({}),
    syncedTables,
    nameOf = (file) => file,
  } = options;
  const [parser, migrations] = await Promise.all([loadParser(), readMigrations(folder)]);
  const reported = chosenTags(migrations, choice);
  const files = migrations.map(({ tag, file, sql }) => ({
    tag,
    file: nameOf(file),
    sql,
    isReported: reported.has(tag),
  }));
  return lintFiles(parser, files, { settings, syncedTables });
}

function chosenTags(migrations: readonly JournalMigration[], choice: LintChoice): ReadonlySet<string> {
  const tags = migrations.map(({ tag }) => tag);
  if (choice.kind === 'all' || (choice.kind === 'since' && choice.tag === null)) return new Set(tags);
  const named = choice.kind === 'tags' ? choice.tags : [choice.tag ?? ''];
  const unknown = named.find((tag) => !tags.includes(tag));
  if (unknown !== undefined) {
    throw new LockstepError('CONFIG_INVALID', {
      message: `There is no migration ${unknown}.`,
      remedy: `Name one of the folder's: the newest is ${tags.at(-1) ?? 'none, the folder is empty'}.`,
    });
  }
  if (choice.kind === 'tags') return new Set(named);
  return new Set(tags.slice(tags.indexOf(choice.tag ?? '') + 1));
}
