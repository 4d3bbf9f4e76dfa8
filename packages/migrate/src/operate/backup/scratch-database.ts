import { quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';

/** True when the role may create databases. */
export async function canCreateDatabases(executor: Executor): Promise<boolean> {
  const [row] = await executor.query<{ can: boolean }>(
    'SELECT (rolcreatedb OR rolsuper) AS can FROM pg_roles WHERE rolname = current_user',
  );
  return row?.can ?? false;
}

/** An empty database with the encoding and the locale of `original`, or a copy of another one's with `template`. */
export async function createDatabaseLike(executor: Executor, name: string, original: string): Promise<void> {
  const [row] = await executor.query<{ facts: string }>(
    `SELECT (to_jsonb(d) || jsonb_build_object('encodingName', pg_encoding_to_char(d.encoding)))::text AS facts
     FROM pg_database d WHERE datname = $1::text`,
    [original],
  );
  const facts = JSON.parse(row?.facts ?? '{}') as Record<string, string | null>;
  const locale = facts.datlocale ?? facts.daticulocale;
  const provider = { i: 'icu', b: 'builtin', c: 'libc' }[facts.datlocprovider ?? 'c'] ?? 'libc';
  const options = [
    'TEMPLATE template0',
    `ENCODING ${quoteLiteral(facts.encodingName ?? 'UTF8')}`,
    `LC_COLLATE ${quoteLiteral(facts.datcollate ?? 'C')}`,
    `LC_CTYPE ${quoteLiteral(facts.datctype ?? 'C')}`,
    `LOCALE_PROVIDER ${provider}`,
    ...(provider === 'icu' && locale ? [`ICU_LOCALE ${quoteLiteral(locale)}`] : []),
    ...(provider === 'builtin' && locale ? [`BUILTIN_LOCALE ${quoteLiteral(locale)}`] : []),
  ];
  await executor.exec(`CREATE DATABASE ${quoteIdentifier(name)} ${options.join(' ')}`);
}

export async function dropDatabase(executor: Executor, name: string): Promise<void> {
  await executor.exec(`DROP DATABASE IF EXISTS ${quoteIdentifier(name)} WITH (FORCE)`);
}
