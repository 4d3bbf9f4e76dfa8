import { existsSync } from 'node:fs';
import { formatError, isLockstepError, type LockstepError, type MigrationBundle } from '@lockstep/protocol';
import { type DatabaseStatus, statusOf } from '../../operate/status/status.ts';
import { readDatabaseId } from '../../run/identity.ts';
import { readApplied } from '../../run/tracking.ts';
import type { CommandContext } from '../context.ts';
import { chooseDatabase, type DatabaseChoice } from '../database/choose-database.ts';
import { openDatabase } from '../database/database.ts';
import { labelOf } from '../database/production.ts';

/** A database of the status, read or not. */
export interface TargetStatus {
  readonly name: 'local' | 'remote';
  readonly label: string;
  readonly found: /** `id` is what LOCKSTEP_DATABASE_ID pins; null before the first run. */
    | { readonly kind: 'read'; readonly status: DatabaseStatus; readonly id: string | null }
    /** A directory that nothing was migrated into yet. */
    | { readonly kind: 'absent' }
    | { readonly kind: 'unreachable'; readonly reason: string };
}

/** The database that commands take, and the one of `.env.production` where it is another. */
export async function readTargets(context: CommandContext, bundle: MigrationBundle): Promise<TargetStatus[]> {
  const { productionEnv } = await context.checkout();
  const remote = chooseDatabase({ option: undefined, env: productionEnv, defaults: [] });
  const local = await readLocal(context, bundle);
  if (remote === null || local?.label === labelOf(remote)) return local === null ? [] : [local];
  return [...(local === null ? [] : [local]), await readRemote(context, bundle, remote)];
}

/** Null where nothing names a database: the files can be shown all the same. */
async function readLocal(context: CommandContext, bundle: MigrationBundle): Promise<TargetStatus | null> {
  const choice = await context.choice().catch((error: unknown) => {
    // E.g. the local stack doesn't run: the remote's state is worth showing all the same.
    if (isLockstepError(error)) return error;
    throw error;
  });
  if (choice === null) return null;
  if (isLockstepError(choice))
    return {
      name: 'local',
      label: 'the local database',
      found: { kind: 'unreachable', reason: firstLine(choice) },
    };
  const label = labelOf(choice);
  if (
    choice.kind === 'embedded' &&
    choice.directory !== null &&
    !existsSync(context.absolute(choice.directory))
  )
    return { name: 'local', label, found: { kind: 'absent' } };
  return { name: 'local', label, found: await tryToRead(bundle, () => context.database()) };
}

async function readRemote(
  context: CommandContext,
  bundle: MigrationBundle,
  choice: DatabaseChoice,
): Promise<TargetStatus> {
  const question = { choice, flag: true, env: {}, hosts: { hosts: [], exceptHosts: [] } };
  const label = labelOf(choice);
  let close = () => Promise.resolve();
  const found = await tryToRead(bundle, async () => {
    const database = await context.io.progress(`Asking ${label}`, () =>
      openDatabase(question, 'direct', context.environment),
    );
    close = database.close;
    return database;
  });
  await close();
  return { name: 'remote', label, found };
}

async function tryToRead(
  bundle: MigrationBundle,
  open: () => ReturnType<CommandContext['database']>,
): Promise<TargetStatus['found']> {
  try {
    const { executor } = await open();
    const status = statusOf(bundle, await readApplied(executor));
    return { kind: 'read', status, id: await readDatabaseId(executor) };
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    return { kind: 'unreachable', reason: firstLine(error) };
  }
}

function firstLine(error: LockstepError): string {
  return formatError(error).split('\n')[0] ?? '';
}
