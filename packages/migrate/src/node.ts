/** The author's side: what happens on a developer's machine and in CI. Node only. */
export { type CompileOptions, compile } from './author/compile.ts';
export { type CompileFolderOptions, type CompileReport, compileFolder } from './author/compile-folder.ts';
export { defineConfig, type LockstepConfig, type LockstepConfigInput } from './author/config.ts';
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
export { type JournalMigration, readJournal } from './author/journal.ts';
export { type JournalEntry, parseJournal } from './author/parse-journal.ts';
export { type RenderedFile, renderBundle } from './author/render-bundle.ts';
