import { isLoopbackHost } from '@lockstep/protocol';
import type { LockstepConfig } from '../../author/config.ts';
import type { DatabaseChoice } from './choose-database.ts';

/** Why a target counts as production, in words for a message. */
export type ProductionReason = string;

export interface ProductionQuestion {
  readonly choice: DatabaseChoice;
  /** `--production`. */
  readonly flag: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hosts: LockstepConfig['production'];
}

/**
 * Whether a target is production, and why; null when it isn't. Everything is that isn't surely a developer's own:
 * told so (`--production`, NODE_ENV), named in the configuration, or a server on another machine.
 */
export function productionReason(question: ProductionQuestion): ProductionReason | null {
  const { choice, flag, env, hosts } = question;
  if (flag) return '--production says so';
  if (env.NODE_ENV === 'production') return 'NODE_ENV is production';
  if (choice.kind === 'embedded') return null;
  const { host, port } = hostOf(choice.url);
  const isListed = (list: readonly string[]) => list.includes(host) || list.includes(`${host}:${port}`);
  if (isListed(hosts.hosts)) return 'the configuration lists its host';
  if (isListed(hosts.exceptHosts)) return null;
  return host.startsWith('/') || isLoopbackHost(host) ? null : 'it is on another machine';
}

/** Host (or a socket's folder) and port of a Postgres URL. */
function hostOf(url: string): { readonly host: string; readonly port: number } {
  const parsed = new URL(url);
  const host = parsed.searchParams.get('host') ?? decodeURIComponent(parsed.hostname);
  return { host: host === '' ? 'localhost' : host, port: Number(parsed.port || 5432) };
}

/** `host:port/database`, or the directory: what messages show of a database. Never a user, never a password. */
export function labelOf(choice: DatabaseChoice): string {
  if (choice.kind === 'embedded') return choice.directory ?? 'a database in memory';
  const { host, port } = hostOf(choice.url);
  return `${host}:${port}/${databaseName(choice.url)}`;
}

/** The database's name, or the last part of the directory. */
export function nameOf(choice: DatabaseChoice): string {
  if (choice.kind === 'server') return databaseName(choice.url);
  return (
    choice.directory
      ?.replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .at(-1) ?? 'memory'
  );
}

function databaseName(url: string): string {
  const parsed = new URL(url);
  return decodeURIComponent(parsed.pathname.slice(1)) || decodeURIComponent(parsed.username) || 'postgres';
}
