import { createHash } from 'node:crypto';
import { startProxy } from '@lockstep/electric-proxy';
import {
  type Executor,
  markMigrationApplied,
  readAppliedEntries,
  requireMigrated,
  runMigrations,
  splitStatements,
} from '@lockstep/migrate';
import type { ClientSchema, Migration } from '@lockstep/protocol';
import { serverOnlyTables } from '@org/core';
import { bundle } from '@org/core/migrations';
import { type Database, openDatabase } from '../database.ts';

const STEP_MS = 86_400_000;
/** The newest migration of the repository's history. */
export const NEWEST = bundle.migrations.at(-1) as Migration;

/** Applies the repository's own history as a deploy does: by the runner, through the migrations proxy. */
export async function applyHistory(databaseUrl: string): Promise<void> {
  const proxy = await startProxy({ upstreamUrl: databaseUrl, password: 'test', port: 0 });
  const database = openDatabase(proxy.url());
  try {
    await database.withExecutor(async (executor) =>
      requireMigrated(await runMigrations(executor, bundle, { target: 'server' })),
    );
  } finally {
    await database.close();
    await proxy.close();
  }
}

/**
 * A migration that this checkout's code doesn't know, as a deploy of the next build leaves it behind: the SQL run, and
 * the entry stored in the same transaction.
 */
export async function deploy(database: Database, tag: string, sql: string): Promise<void> {
  await database.withExecutor((executor) =>
    executor.transaction(async (tx) => {
      for (const statement of splitStatements(sql)) {
        await tx.exec(statement.text);
      }
      const stored = await readAppliedEntries(tx);
      const hash = sha256(sql);
      const migration: Migration = {
        tag,
        index: stored.length,
        when: NEWEST.when + stored.length * STEP_MS,
        hash,
        chain: sha256(`${stored.at(-1)?.chain ?? ''}${hash}`),
        replica: { statements: [], hash: sha256('') },
        schema: await readClientSchema(tx),
        footprint: [],
        summary: [],
        server: [],
        embedded: [],
        down: null,
        program: null,
        plainHash: null,
      };
      await markMigrationApplied(tx, migration, 'server');
    }),
  );
}

/** The facts that the compiler reads from the SQL, here from Postgres's own catalogue. */
async function readClientSchema(tx: Executor): Promise<ClientSchema> {
  const [row] = await tx.query<{ schema: string }>(SCHEMA_SQL, [`{${serverOnlyTables.join()}}`]);
  return JSON.parse((row as { schema: string }).schema) as ClientSchema;
}

const SCHEMA_SQL = `
  SELECT json_build_object(
    'types', (SELECT coalesce(json_agg(json_build_object('schema', 'public', 'name', t.typname, 'labels',
        (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))), '[]')
      FROM pg_type t WHERE t.typtype = 'e' AND t.typnamespace = 'public'::regnamespace),
    'tables', (SELECT coalesce(json_agg(json_build_object('schema', 'public', 'name', c.relname,
        'columns', (SELECT json_agg(json_build_object('name', a.attname,
            'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
            'keyIndex', array_position(i.indkey::int2[], a.attnum), 'default', pg_get_expr(d.adbin, d.adrelid),
            'generated', a.attgenerated <> '') ORDER BY a.attnum)
          FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
        'constraints', (SELECT coalesce(json_agg(json_build_object('name', k.conname,
            'kind', CASE k.contype WHEN 'c' THEN 'check' WHEN 'u' THEN 'unique' ELSE 'foreign-key' END,
            'columns', (SELECT coalesce(json_agg(a.attname), '[]') FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)),
            'definition', pg_get_constraintdef(k.oid))), '[]')
          FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'u', 'f')))), '[]')
      FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
      WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> ALL ($1::text::text[]))
  )::text AS schema`;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
