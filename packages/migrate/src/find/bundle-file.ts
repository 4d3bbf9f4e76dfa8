import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  LockstepError,
  type MigrationBundle,
  type MigrationProgram,
  migrationSchema,
} from '@lockstep/protocol';
import { z } from 'zod';
import { type CompileOptions, compileBundle } from '../author/compile.ts';
import { loadProgram } from '../author/program/load-program.ts';
import { moduleHashOf } from '../author/program/program-sql.ts';

/** The name under which a bundle is looked for. */
export const BUNDLE_FILE = 'lockstep.bundle.json';

const fileSchema = z.object({
  format: z.literal('lockstep-bundle-1'),
  migrations: z.array(migrationSchema),
  /** The modules of the TypeScript migrations by tag, as text. */
  sources: z.record(z.string(), z.string()),
});

/**
 * Compiles a migrations folder into one file of data, for programs that are packaged without a bundler: it is read
 * without the parser, and without a PGlite to replay the history on. Raises what `compile` raises.
 */
export async function writeBundleFile(
  file: string,
  options: { readonly folder: string } & CompileOptions,
): Promise<MigrationBundle> {
  const { folder, ...rest } = options;
  const bundle = await compileBundle(folder, rest);
  const { migrations, sources } = bundle;
  const content: z.input<typeof fileSchema> = {
    format: 'lockstep-bundle-1',
    migrations: [...migrations],
    sources: { ...sources },
  };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(content));
  return bundle;
}

/** Reads such a file's text. Raises BUNDLE_INVALID for one that was cut off or edited, PROGRAM_INVALID. */
export async function parseBundleText(file: string, text: string): Promise<MigrationBundle> {
  const parsed = fileSchema.safeParse(readJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(
      file,
      `it is not what the compiler wrote (${issue?.path.join('.') || 'the whole'}: ${issue?.message})`,
    );
  }
  const { migrations, sources } = parsed.data;
  const programs: Record<string, MigrationProgram> = {};
  for (const { tag, program } of migrations) {
    if (program === null) continue;
    const source = sources[tag];
    if (source === undefined || moduleHashOf(source) !== program.hash) {
      throw invalid(file, `the module of ${tag} is missing in it or was edited`);
    }
    programs[tag] = (await loadProgram(tag, { file: `${file}.${tag}.ts`, text: source })).program;
  }
  return { migrations, programs };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(file: string, what: string): LockstepError {
  return new LockstepError('BUNDLE_INVALID', {
    message: `${file} can't be used: ${what}.`,
    remedy: 'Write it again with the compiler, and ship it as it is.',
    place: { file },
  });
}
