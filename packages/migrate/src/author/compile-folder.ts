import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Migration, MigrationProgram } from '@lockstep/protocol';
import { compileWithDowns, type WithoutDown, writeDowns } from './down/generate-downs.ts';
import { parseBundleFile } from './parse-bundle.ts';
import { GENERATED_MARK, type RenderedFile, renderBundle } from './render-bundle.ts';

export interface CompileFolderOptions {
  /** drizzle-kit's output folder. */
  readonly folder: string;
  /** Where the bundle is written. Files that are not the compiler's stay. */
  readonly outDir: string;
  /** Writes nothing and only reports. */
  readonly check?: boolean;
  /** Compiles the replica statements anew that an earlier bundle pinned: before a first release only. */
  readonly repin?: boolean;
  /** The newest migration that is released: the downs up to it stay as they are. None by default. */
  readonly releasedUpTo?: string | null;
}

export interface CompileReport {
  readonly migrations: readonly Migration[];
  /** Of the TypeScript migrations, by tag. */
  readonly programs: Readonly<Record<string, MigrationProgram>>;
  /** Files written or deleted; with `check`, those that are stale (BUNDLE_STALE). Relative to the working directory. */
  readonly files: readonly string[];
  /** Migrations that can't be undone, each with the reasons (D3). */
  readonly withoutDown: readonly WithoutDown[];
}

/**
 * Compiles a folder into the bundle's modules, and writes the downs that can be generated into `down/` beside the
 * migrations. With `check` every down is derived and proven anew. Raises what `compile` and `readMigrations` raise.
 */
export async function compileFolder(options: CompileFolderOptions): Promise<CompileReport> {
  const { folder, outDir, check = false, repin = false, releasedUpTo = null } = options;
  const present = await readGenerated(outDir);
  const previous = repin ? [] : present.flatMap((file) => parseBundleFile(file) ?? []);
  const { migrations, programs, sources, withoutDown, stale } = await compileWithDowns({
    folder,
    previous,
    check,
    releasedUpTo,
  });
  const rendered = renderBundle(migrations, sources);
  const texts = new Map(present.map(({ name, text }) => [name, text]));
  const changed = rendered.filter(({ name, text }) => texts.get(name) !== text);
  const superfluous = present.filter((file) => !rendered.some(({ name }) => name === file.name));
  if (!check) {
    await write(outDir, changed, superfluous);
    await writeDowns(stale);
  }
  const paths = [
    ...[...changed, ...superfluous].map(({ name }) => join(outDir, name)),
    ...stale.map(({ path }) => path),
  ];
  return { migrations, programs, withoutDown, files: paths.map((path) => relative(process.cwd(), path)) };
}

async function write(
  outDir: string,
  changed: readonly RenderedFile[],
  superfluous: readonly RenderedFile[],
): Promise<void> {
  await mkdir(outDir, { recursive: true });
  for (const { name, text } of changed) await writeFile(join(outDir, name), text);
  for (const { name } of superfluous) await rm(join(outDir, name));
}

async function readGenerated(outDir: string): Promise<readonly RenderedFile[]> {
  const names = await readdir(outDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .map(async (name) => ({ name, text: await readFile(join(outDir, name), 'utf8') })),
  );
  return files.filter(({ text }) => text.startsWith(GENERATED_MARK));
}
