import { resolve } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { isMarkedProduction } from '../operate/production-mark.ts';
import { type Checkout, once, openCheckout } from './checkout/checkout.ts';
import type { CommandContext, GlobalOptions } from './context.ts';
import { chooseDatabase, type DatabaseChoice } from './database/choose-database.ts';
import { type DatabaseUse, type OpenDatabase, openDatabase } from './database/database.ts';
import { type CliEnvironment, isSet } from './environment.ts';
import type { Io } from './io.ts';

/** A context, and what closes all that was opened in it. */
export interface ContextScope {
  readonly context: CommandContext;
  close(): Promise<void>;
}

export function createContext(
  environment: CliEnvironment,
  io: Io,
  global: GlobalOptions,
  args: readonly string[],
  rest: readonly string[],
): ContextScope {
  const isProduction = global.production === true || environment.env.NODE_ENV === 'production';
  const surroundings = { env: environment.env, isProduction };
  const checkout = once(() => openCheckout(environment.cwd, global.config, surroundings));
  const chosen = once(async () => choose(environment, global, await checkout(), isProduction));
  const opened = new Map<DatabaseUse, Promise<OpenDatabase>>();
  const open = async (use: DatabaseUse) => {
    const opening = await checkout();
    const choice = await chosen();
    if (choice === null) throw noDatabase();
    const { env, config } = opening;
    const question = { choice, hosts: config.production, flag: global.production === true, env };
    return io.progress('Opening the database', () => openDatabase(question, use, environment));
  };
  const context: CommandContext = {
    environment,
    io,
    global,
    args,
    rest,
    checkout,
    choice: chosen,
    absolute: (path) => resolve(environment.cwd, path),
    database(use = 'direct') {
      // An embedded database is opened by one connection only, and none stands in front of it.
      const existing = opened.get(use);
      if (existing !== undefined) return existing;
      const made = shareEmbedded(opened, use, open);
      opened.set(use, made);
      return made;
    },
    confirmProduction: (database, action) => confirmProduction(environment, io, global, database, action),
    refuseProduction: (database, action) => refuseProduction(database, action),
  };
  return {
    context,
    async close() {
      const databases = await Promise.allSettled(opened.values());
      const distinct = new Set(databases.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
      for (const database of distinct) await database.close();
    },
  };
}

async function shareEmbedded(
  opened: ReadonlyMap<DatabaseUse, Promise<OpenDatabase>>,
  use: DatabaseUse,
  open: (use: DatabaseUse) => Promise<OpenDatabase>,
): Promise<OpenDatabase> {
  for (const other of opened.values()) {
    const database = await other;
    if (database.target === 'embedded') return database;
  }
  return open(use);
}

async function choose(
  environment: CliEnvironment,
  global: GlobalOptions,
  { env, drizzle }: Checkout,
  isProduction: boolean,
): Promise<DatabaseChoice | null> {
  const said = chooseDatabase({ option: global.database, env, defaults: [] });
  if (said !== null) return said;
  // In production nothing is guessed.
  if (isProduction) return null;
  const usual = (await environment.defaultDatabase?.()) ?? null;
  const configured = usual === null ? ((await drizzle())?.databaseUrl ?? null) : null;
  const defaults = [
    ...(usual === null ? [] : [{ url: usual, source: 'default' as const }]),
    ...(configured === null ? [] : [{ url: configured, source: 'drizzle.config' as const }]),
  ];
  return chooseDatabase({ option: undefined, env: {}, defaults });
}

/** The error for a command without a database. */
export function noDatabase(): LockstepError {
  return new LockstepError('CONFIG_INVALID', {
    message: 'Nothing says which database.',
    remedy: 'Set DATABASE_URL (postgresql://… or file:directory) or PGHOST and its kin, or give --database.',
  });
}

async function confirmProduction(
  { env }: CliEnvironment,
  io: Io,
  global: GlobalOptions,
  database: OpenDatabase,
  action: string,
): Promise<void> {
  if (database.production === null) return;
  io.err(`Production: ${database.label} (${database.production}).`);
  if (global.yes === true || isSet(env.CI)) return;
  const isMeant = await io.confirm(`${action} on ${database.label}?`, '--yes');
  if (isMeant) return;
  throw cancelled();
}

/** The error for a no. */
export function cancelled(): LockstepError {
  return new LockstepError('CANCELLED', {
    message: 'Cancelled; nothing was done.',
    remedy: 'Run it again and answer yes if it is meant.',
  });
}

async function refuseProduction(database: OpenDatabase, action: string): Promise<void> {
  const { production, executor, label } = database;
  const reason =
    production ?? ((await isMarkedProduction(executor)) ? 'it has been migrated as production before' : null);
  if (reason === null) return;
  throw new LockstepError('PRODUCTION_REFUSED', {
    message: `${action} is for development, and ${label} is production: ${reason}.`,
    remedy:
      'Check DATABASE_URL. A development database on another machine is named in `production.exceptHosts` of lockstep.config.ts.',
    details: { database: label, reason },
  });
}
