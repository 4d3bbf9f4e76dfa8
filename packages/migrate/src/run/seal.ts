import type { Migration } from '@lockstep/protocol';
import { sha256 } from './sha256.ts';

/** sha256 over what is run of a migration on a server and an embedded database: shows that it was edited since. */
export function sealOf({
  server,
  embedded,
  program,
}: Pick<Migration, 'server' | 'embedded' | 'program'>): string {
  const facts = [...server, ...embedded].map(({ sql, kind, transactional, step }) => [
    sql,
    kind,
    transactional,
    step,
  ]);
  return sha256(JSON.stringify([server.length, facts, program?.hash ?? null]));
}
