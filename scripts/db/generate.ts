import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import * as schema from '@org/core/schema';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { fromRoot, ROOT } from '../root.ts';

/**
 * Writes the migration that the schema asks for, with drizzle-kit. Extra arguments are drizzle-kit's (`--name`, `--custom`).
 * drizzle-kit can print an error and still exit 0: what counts here is whether schema and newest snapshot agree afterwards.
 * Throws GENERATE_FAILED otherwise.
 */
export async function generate(args: readonly string[]): Promise<void> {
  const cli = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs');
  const run = spawnSync(process.execPath, [cli, 'generate', '--config=drizzle.config.ts', ...args], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (run.status !== 0) throw failed(`drizzle-kit ended with exit code ${run.status}.`);
  const missing = await missingStatements();
  if (missing.length > 0)
    throw failed(`The schema has changes that no migration holds, the first: ${missing[0]}`);
}

/** The SQL that is still between the newest snapshot and the schema. */
export async function missingStatements(): Promise<readonly string[]> {
  const snapshot = await readNewestSnapshot();
  const current = generateDrizzleJson(schema as unknown as Record<string, unknown>, snapshot?.id);
  const previous = snapshot ?? generateDrizzleJson({});
  return generateMigration(previous, current);
}

async function readNewestSnapshot(): Promise<Snapshot | null> {
  const journal = JSON.parse(await readFile(fromRoot('drizzle/meta/_journal.json'), 'utf8')) as {
    entries: { idx: number }[];
  };
  const newest = journal.entries.at(-1);
  if (newest === undefined) return null;
  const name = `${String(newest.idx).padStart(4, '0')}_snapshot.json`;
  return JSON.parse(await readFile(fromRoot('drizzle/meta', name), 'utf8')) as Snapshot;
}

/** What is read of drizzle-kit's snapshots here; its own types for them are `any`. */
interface Snapshot {
  readonly id: string;
}

function failed(message: string): LockstepError {
  return new LockstepError('GENERATE_FAILED', {
    message,
    remedy:
      'drizzle-kit asks whether a column was renamed or replaced, and needs a terminal for the answer: run `pnpm db:generate` in one.',
  });
}
