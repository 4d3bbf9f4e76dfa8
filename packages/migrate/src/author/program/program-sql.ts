import { sha256 } from '../journal-migration.ts';

const FIRST_LINE = '-- A TypeScript migration: what it does is in the module beside this file.';

/**
 * The SQL file of a TypeScript migration: a refusal under every runner that doesn't know it. It holds the hash of the
 * module's text, so that the file's hash, the chain and Drizzle's tracking row speak for the module too. Its tag is not
 * in it: renumbered, a file keeps its hash.
 */
export function programSql(moduleHash: string): string {
  return `${FIRST_LINE}
-- Made by @lockstep/migrate; while the migration is unreleased, \`lockstep program --seal\` makes it anew from the module.
DO $lockstep$
BEGIN
  RAISE EXCEPTION 'This migration is a TypeScript module, which other runners than @lockstep/migrate can''t run.'
    USING ERRCODE = 'feature_not_supported',
      DETAIL = 'sha256 of the module: ${moduleHash}',
      HINT = 'Run \`lockstep migrate\`, or runMigrations() of @lockstep/migrate.';
END
$lockstep$;
`;
}

/** What a migration's SQL file is: one of SQL, the file of a program, or something that only begins like one. */
export type ProgramFile =
  | { readonly kind: 'sql' }
  | { readonly kind: 'program'; readonly moduleHash: string }
  | { readonly kind: 'damaged' };

/** Recognises a program's file by all of its bytes. */
export function readProgramFile(sql: string): ProgramFile {
  if (!sql.startsWith(FIRST_LINE)) return { kind: 'sql' };
  const [, moduleHash = ''] = /sha256 of the module: ([0-9a-f]{64})'/.exec(sql) ?? [];
  return sql === programSql(moduleHash) ? { kind: 'program', moduleHash } : { kind: 'damaged' };
}

/** sha256 of a module's text. */
export function moduleHashOf(text: string): string {
  return sha256(text);
}
