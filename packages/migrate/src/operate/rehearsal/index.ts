export type { RehearsalTarget } from './copy.ts';
export { type RehearsalOptions, rehearse } from './rehearse.ts';
export {
  formatRehearsal,
  type HeldLock,
  type RehearsalReport,
  type RehearsedMigration,
  type RehearsedStatement,
  type RowsChanged,
} from './report.ts';
