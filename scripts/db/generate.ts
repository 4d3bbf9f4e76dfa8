import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LockstepError } from '@lockstep/protocol';
import * as schema from '@org/core/schema';
import { generateDrizzleJson } from 'drizzle-kit/api';
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
  const changed = await ungeneratedChanges();
  if (changed.length > 0) throw failed(`No migration holds what changed in ${changed.join(', ')}.`);
}

/** What differs between the newest snapshot and the schema: the names of tables, types and so on. */
export async function ungeneratedChanges(): Promise<readonly string[]> {
  const snapshot = await readNewestSnapshot();
  const current = generateDrizzleJson(schema as unknown as Record<string, unknown>, snapshot?.id);
  const before = entriesOf(snapshot ?? generateDrizzleJson({}));
  const after = entriesOf(current);
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.filter((name) => !isDeepStrictEqual(before.get(name), after.get(name)));
}

/** `tables public.items` to its description, without what a file can't hold (undefined). */
function entriesOf(snapshot: Snapshot): ReadonlyMap<string, unknown> {
  const {
    id: _id,
    prevId: _prevId,
    ...kinds
  } = JSON.parse(JSON.stringify(snapshot)) as Record<string, unknown>;
  return new Map(
    Object.entries(kinds).flatMap(([kind, value]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([name, entry]) => [`${kind} ${name}`, entry] as const)
        : [[kind, value] as const],
    ),
  );
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
