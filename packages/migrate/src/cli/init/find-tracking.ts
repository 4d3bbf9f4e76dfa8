import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isLockstepError } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { existingTables } from '../../run/tracking-schema.ts';
import type { CommandContext } from '../context.ts';
import { chooseDatabase } from '../database/choose-database.ts';

/** What a database says of migrations that were applied to it. */
export type TrackingFacts =
  /** Neither `--database` nor a variable names one. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unreachable'; readonly problem: string }
  /** A directory that the first migration will make. */
  | { readonly kind: 'absent'; readonly database: string }
  | { readonly kind: 'read'; readonly database: string; readonly tables: readonly TrackingTable[] };

export interface TrackingTable {
  readonly name: string;
  readonly rows: number;
  /** Whose it is. */
  readonly owner: string;
}

const TABLES: Readonly<Record<string, string>> = {
  'drizzle.__drizzle_migrations': "Drizzle's, and Lockstep's too",
  'lockstep.migrations': "Lockstep's own",
  'public._migrations': "an older application's; `adopt` takes it over",
  'public.__manual_migrations': "an older application's; `adopt` takes it over",
};

/** Looks at the database that is named, if one is. Creates nothing, not even an embedded one's directory. */
export async function findTracking(context: CommandContext): Promise<TrackingFacts> {
  const { environment, global } = context;
  const choice = chooseDatabase({ option: global.database, env: environment.env, defaults: [] });
  if (choice === null) return { kind: 'none' };
  if (choice.kind === 'embedded' && choice.directory !== null) {
    const { directory } = choice;
    if (!existsSync(resolve(environment.cwd, directory))) return { kind: 'absent', database: directory };
  }
  try {
    const { executor, label } = await context.database();
    return { kind: 'read', database: label, tables: await readTables(executor) };
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    return { kind: 'unreachable', problem: `${error.code}: ${error.message}` };
  }
}

async function readTables(executor: Executor): Promise<readonly TrackingTable[]> {
  const present = await existingTables(executor, Object.keys(TABLES));
  const found: TrackingTable[] = [];
  for (const [name, owner] of Object.entries(TABLES)) {
    if (!present.has(name)) continue;
    const [row] = await executor.query<{ rows: string }>(`SELECT count(*)::text AS rows FROM ${name}`);
    found.push({ name, owner, rows: Number(row?.rows ?? 0) });
  }
  return found;
}
