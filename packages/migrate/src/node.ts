/** The author's side: what happens on a developer's machine and in CI. Node only. */
export { type CompiledBundle, type CompileOptions, compile, compileBundle } from './author/compile.ts';
export { type CompileFolderOptions, type CompileReport, compileFolder } from './author/compile-folder.ts';
export { defineConfig, type LockstepConfig, type LockstepConfigInput } from './author/config.ts';
export { generateDowns, type WithoutDown } from './author/down/generate-downs.ts';
export {
  type ElectrifyOptions,
  type ElectrifyResult,
  electrify,
  type SkipReason,
} from './author/electrify.ts';
export {
  type ElectrifiedFile,
  type ElectrifyFolderOptions,
  type ElectrifyReport,
  electrifyFolder,
} from './author/electrify-folder.ts';
export type { RenameAnswer, RenameQuestion } from './author/generate/decide.ts';
export {
  type GenerateOptions,
  type GenerateResult,
  generate,
  ungeneratedChanges,
} from './author/generate/generate.ts';
export type { Hints } from './author/generate/hints.ts';
export type { Item, ItemKind, Rename } from './author/generate/item.ts';
export type { JournalMigration, ProgramSource } from './author/journal-migration.ts';
export type { Finding, Level, SafeForm } from './author/lint/finding.ts';
export { formatGeneric, formatGithub } from './author/lint/format/annotations.ts';
export { formatFindings } from './author/lint/format/terminal.ts';
export { highestLevel, type LintFile, type LintResult, lintFiles } from './author/lint/lint.ts';
export { type LintChoice, type LintFolderOptions, lintFolder } from './author/lint/lint-folder.ts';
export type { LintSettings } from './author/lint/settings.ts';
export { type JournalEntry, parseJournal } from './author/parse-journal.ts';
export {
  type NewProgram,
  type NewProgramOptions,
  newProgram,
  sealProgram,
} from './author/program/new-program.ts';
export { type FolderLayout, readFolderLayout, readMigrations } from './author/read-migrations.ts';
export type { ReadableFiles } from './author/read-text.ts';
export type { RebaseConflict } from './author/rebase/conflict.ts';
export { type RebaseOptions, type RebaseResult, rebase } from './author/rebase/rebase.ts';
export { type RenderedFile, renderBundle } from './author/render-bundle.ts';
export {
  type EmbeddedDatabase,
  type EmbeddedOptions,
  isStorageLost,
  openEmbedded,
} from './embedded/open-embedded.ts';
export { type MigratedDatabase, type OpenMigratedOptions, openMigrated } from './embedded/open-migrated.ts';
export { BUNDLE_FILE, writeBundleFile } from './find/bundle-file.ts';
export { type FindMigrationsOptions, type FoundMigrations, findMigrations } from './find/find-migrations.ts';
export type { Surroundings } from './find/places.ts';
export { runMigrations } from './find/run-migrations.ts';
export * from './operate/backup/index.ts';
export * from './operate/integrity/index.ts';
export { formatPlanReport } from './operate/plan-report/format-plan-report.ts';
export {
  type PlanReport,
  type PlanReportOptions,
  type PlanReportOutcome,
  planReport,
} from './operate/plan-report/plan-report.ts';
export * from './operate/rehearsal/index.ts';
export { type SafeRun, type SafeRunOptions, safeRun } from './operate/safe-run.ts';
