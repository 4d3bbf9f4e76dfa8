import { relative } from 'node:path';
import { formatGeneric, lintFolder } from '@lockstep/migrate/node';
import config from '../../lockstep.config.ts';
import { fromRoot, ROOT } from '../root.ts';

/** What is wrong with the migrations that aren't released: errors and warnings, a line each; notices are let through. */
export async function findHazards(): Promise<readonly string[]> {
  const { findings } = await lintFolder({
    folder: fromRoot(config.migrations),
    choice: { kind: 'since', tag: config.releasedUpTo },
    settings: config.lint,
    syncedTables: config.synced,
    nameOf: (file) => relative(ROOT, file),
  });
  const found = findings.filter(({ level }) => level !== 'notice');
  return found.length === 0 ? [] : [formatGeneric(found), 'See pnpm db:lint for what to write instead.'];
}
