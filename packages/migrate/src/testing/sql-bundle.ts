import { createHash } from 'node:crypto';
import type { Migration, MigrationStatement } from '@lockstep/protocol';
import { type SteppedFile, type SteppedStatement, toReplaySteps, toServerSteps } from '../author/steps.ts';
import { classifyFile } from '../sql/classify.ts';
import { loadParser } from '../sql/parser.ts';

/**
 * A bundle of these files, by tag, with the statements and steps that the compiler makes of them; without what only a
 * replay can tell (replica, footprint).
 */
export async function sqlBundle(
  files: Readonly<Record<string, string>>,
): Promise<{ readonly migrations: readonly Migration[] }> {
  const parser = await loadParser();
  let chain = '';
  const migrations = Object.entries(files).map(([tag, sql], index): Migration => {
    const hash = sha256(sql);
    chain = sha256(chain + hash);
    const file: SteppedFile = {
      file: `${tag}.sql`,
      sql,
      statements: classifyFile(parser, sql, `${tag}.sql`),
    };
    return {
      tag,
      index,
      when: (index + 1) * 1000,
      hash,
      chain,
      replica: { statements: [], hash: sha256('') },
      schema: { types: [], tables: [] },
      footprint: [],
      summary: [],
      server: toServerSteps(file).map(toStatement),
      embedded: toReplaySteps(file)
        .filter(({ kind }) => kind === 'sql')
        .map(toStatement),
      down: null,
      program: null,
      plainHash: null,
    };
  });
  return { migrations };
}

function toStatement({ source: _source, ...statement }: SteppedStatement): MigrationStatement {
  return statement;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
