import { isLockstepError, type LockstepError, type MigrationBundle } from '@lockstep/protocol';
import { branchError, readBranchState } from '../../operate/branch/branch-error.ts';
import type { BranchState } from '../../operate/branch/branch-state.ts';
import type { CommandContext } from '../context.ts';
import type { OpenDatabase } from '../database/database.ts';

/** Codes with which a run refuses a database that another branch migrated. */
const CODES: readonly string[] = ['MIGRATION_AHEAD', 'MIGRATION_EDITED', 'MIGRATION_GAP'];

/** What somebody at a terminal chose to do about another branch's migrations. */
export type BranchChoice =
  | { readonly kind: 'rollback'; readonly to: string | null }
  | { readonly kind: 'rebuild' };

/**
 * In development, when a run was refused because another branch migrated the database (item 8): asks at a terminal,
 * and throws the refusal with the two exact commands elsewhere. In production the refusal stays as it is.
 */
export async function chooseAfterBranchSwitch(
  context: CommandContext,
  database: OpenDatabase,
  bundle: MigrationBundle,
  refusal: LockstepError,
): Promise<BranchChoice> {
  if (database.isProduction || !isLockstepError(refusal) || !CODES.includes(refusal.code)) throw refusal;
  const state = await readBranchState(database.executor, bundle);
  if (state === null) throw refusal;
  const { environment, io } = context;
  const error = branchError(state, {
    rollback: (to) => environment.commandLine(`rollback --to ${to}`),
    rebuild: environment.commandLine('reset'),
  });
  if (!io.isInteractive) throw error;
  io.err(error.message);
  const answer = await io.select('What is to become of it?', choicesOf(state), '`rollback` or `reset`');
  if (answer === 'rollback') return { kind: 'rollback', to: state.to };
  if (answer === 'rebuild') return { kind: 'rebuild' };
  throw error;
}

function choicesOf({ undone, to }: BranchState) {
  return [
    ...(undone === null
      ? []
      : [{ value: 'rollback', label: `Undo ${undone.join(', ')}, and be at ${to ?? 'no migration'}` }]),
    { value: 'rebuild', label: 'Build the database anew: drop, migrate, seed' },
    { value: 'nothing', label: 'Nothing: I switch back' },
  ];
}
