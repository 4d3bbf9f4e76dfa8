import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileBundle, sealProgram } from '@lockstep/migrate/node';
import { createRandom } from '../random.ts';
import { BLOCKS, type MadeMigration } from './blocks.ts';
import type { CrashHistory, HistoryMend } from './history.ts';

/** Makes a history of these blocks, in an order and with numbers that the seed decides, and compiles it. */
export async function generateHistory(
  directory: string,
  name: string,
  seed: number,
  blocks: readonly (keyof typeof BLOCKS)[] = Object.keys(BLOCKS) as (keyof typeof BLOCKS)[],
): Promise<CrashHistory> {
  const random = createRandom(seed);
  const queues = random
    .shuffle(blocks)
    .map((block, index) => [...BLOCKS[block](`${String.fromCharCode(97 + index)}${seed}`, random)]);
  const made: MadeMigration[] = [];
  while (queues.some((queue) => queue.length > 0)) {
    const queue = queues[random.between(0, queues.length - 1)];
    const next = queue?.shift();
    if (next !== undefined) made.push(next);
  }
  const migrations = made.map((migration, index) => ({
    ...migration,
    tag: `${String(index).padStart(4, '0')}_${migration.name}`,
  }));
  const folder = join(directory, name);
  const programs = await writeFolder(folder, migrations);
  const bundle = await compileTo(folder, join(directory, `${name}.json`));
  const mends: Record<string, HistoryMend> = {};
  const corrected = new Map<string, string>();
  for (const { tag, mend } of migrations) {
    if (mend?.kind === 'data') mends[tag] = mend;
    if (mend?.kind !== 'file') continue;
    corrected.set(tag, mend.sql);
    for (const [file, text] of corrected) await writeFile(join(folder, `${file}.sql`), text);
    mends[tag] = { kind: 'file', bundle: await compileTo(folder, join(directory, `${name}-${tag}.json`)) };
  }
  return { name, bundle, programs, mends, before: null };
}

type Tagged = MadeMigration & { readonly tag: string };

/** A program's file, until it is sealed. */
const UNSEALED = '-- A TypeScript migration: what it does is in the module beside this file.\n';

async function writeFolder(folder: string, migrations: readonly Tagged[]): Promise<Record<string, string>> {
  await mkdir(join(folder, 'meta'), { recursive: true });
  const entries = migrations.map(({ tag }, idx) => ({
    idx,
    version: '7',
    when: (idx + 1) * 1000,
    tag,
    breakpoints: true,
  }));
  await writeFile(
    join(folder, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
  const programs: Record<string, string> = {};
  for (const { tag, sql, module } of migrations) {
    await writeFile(join(folder, `${tag}.sql`), sql ?? UNSEALED);
    if (module === null) continue;
    await writeFile(join(folder, `${tag}.ts`), module);
    const compiled = join(folder, '..', `${tag}.mjs`);
    // They are plain JavaScript.
    await writeFile(compiled, module);
    programs[tag] = compiled;
  }
  for (const tag of Object.keys(programs)) await sealProgram(folder, tag);
  return programs;
}

async function compileTo(folder: string, path: string): Promise<string> {
  const { migrations } = await compileBundle(folder);
  await writeFile(path, JSON.stringify({ migrations }));
  return path;
}
