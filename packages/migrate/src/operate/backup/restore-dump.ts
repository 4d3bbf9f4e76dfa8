import { splitNames } from '../structure/structure.ts';
import { libpqEnvironment } from './libpq-environment.ts';
import type { PgTools } from './pg-tools.ts';
import { lastWords, runProgram } from './run-program.ts';

/** What became of a pg_restore. */
export type DumpRestored =
  | { readonly kind: 'restored' }
  /** The role lacks a right that the dump needs: extensions of a superuser, event triggers. */
  | { readonly kind: 'not-allowed'; readonly said: string }
  | { readonly kind: 'failed'; readonly said: string };

/** Restores a dump into an empty database, whole or not at all. Without owners and grants when it is only for a look. */
export async function restoreDump(
  tools: PgTools,
  dump: string,
  url: string,
  database: string,
  { withOwners }: { readonly withOwners: boolean },
): Promise<DumpRestored> {
  const owners = withOwners ? [] : ['--no-owner', '--no-privileges'];
  const args = [
    '--exit-on-error',
    '--single-transaction',
    '--no-password',
    // A second subscriber would take its changes away from the first.
    '--no-subscriptions',
    ...owners,
    `--dbname=${database}`,
    dump,
  ];
  const run = await runProgram(tools.pgRestore, args, libpqEnvironment(url, database));
  if (run.exitCode === 0) return { kind: 'restored' };
  const said = lastWords(run);
  return { kind: /permission denied|must be (owner|superuser)/.test(said) ? 'not-allowed' : 'failed', said };
}

/** Those of these tables (names as Postgres quotes them) whose rows are not in a dump; null for one that can't be read. */
export async function findUnlisted(
  tools: PgTools,
  dump: string,
  tables: readonly string[],
): Promise<readonly string[] | null> {
  const run = await runProgram(tools.pgRestore, ['--list', dump]);
  if (run.exitCode !== 0) return null;
  return tables.filter((table) => {
    const [schema, name] = splitNames(table, '.').map(unquote);
    // 3456; 0 16389 TABLE DATA public items owner
    return !run.stdout.includes(` TABLE DATA ${schema} ${name} `);
  });
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
