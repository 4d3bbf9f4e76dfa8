import { isAbsolute, join } from 'node:path';
import type { PgliteConnection } from '../../operate/open-pglite.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { requireDatabase } from '../../run/identity.ts';
import type { CliEnvironment } from '../environment.ts';
import type { DatabaseChoice } from './choose-database.ts';
import {
  labelOf,
  nameOf,
  type ProductionQuestion,
  type ProductionReason,
  productionReason,
} from './production.ts';

/** `migrate`: what is sent may be migrations, so the environment's route (the proxy) is taken. */
export type DatabaseUse = 'migrate' | 'direct';

/** A database that a command talks to. */
export interface OpenDatabase {
  readonly executor: Executor;
  /** The PGlite of an embedded database; null for a server. */
  readonly db: PgliteConnection['db'] | null;
  readonly target: 'server' | 'embedded';
  /** `host:port/database` or a directory: for messages. */
  readonly label: string;
  /** What a person types to confirm that it is meant. */
  readonly name: string;
  /** Null when it isn't production. */
  readonly production: ProductionReason | null;
  readonly isProduction: boolean;
  readonly choice: DatabaseChoice;
  /** Of a Postgres itself, never the route. Secret: it has a password. Null for an embedded one. */
  readonly url: string | null;
  /** Of an embedded database, absolute; null for one in memory and for a server. */
  readonly directory: string | null;
  /** Makes what is committed in an embedded database survive a power cut; absent where that is not this one's to do. */
  readonly acknowledge?: () => Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens it. Raises POSTGRES_UNREACHABLE, CONFIG_INVALID for a wrong password, DATABASE_WRONG for another one than
 * LOCKSTEP_DATABASE_ID names, and what `openEmbedded` raises.
 */
export async function openDatabase(
  question: ProductionQuestion,
  use: DatabaseUse,
  environment: CliEnvironment,
): Promise<OpenDatabase> {
  const { choice } = question;
  const databaseId = question.env.LOCKSTEP_DATABASE_ID ?? null;
  const production = productionReason(question);
  const facts = {
    label: labelOf(choice),
    name: nameOf(choice),
    production,
    isProduction: production !== null,
    choice,
  };
  if (choice.kind === 'embedded') {
    const { directory } = choice;
    const absolute =
      directory === null || isAbsolute(directory) ? directory : join(environment.cwd, directory);
    const opened = await environment.open.pglite(absolute);
    await requireIdentity(opened, databaseId);
    const { db, executor, close, acknowledge } = opened;
    return {
      ...facts,
      db,
      executor,
      close,
      ...(acknowledge ? { acknowledge } : {}),
      target: 'embedded',
      url: null,
      directory: absolute,
    };
  }
  const { url } = choice;
  const route = use === 'migrate' ? ((await environment.route?.(choice)) ?? null) : null;
  try {
    const opened = await environment.open.postgres(route?.url ?? url);
    await requireIdentity(opened, databaseId);
    const close = async () => {
      await opened.close();
      await route?.close();
    };
    return { ...facts, db: null, executor: opened.executor, target: 'server', url, directory: null, close };
  } catch (error) {
    await route?.close();
    throw error;
  }
}

async function requireIdentity(
  opened: Pick<PgliteConnection, 'executor' | 'close'>,
  databaseId: string | null,
): Promise<void> {
  try {
    await requireDatabase(opened.executor, databaseId);
  } catch (error) {
    await opened.close();
    throw error;
  }
}
