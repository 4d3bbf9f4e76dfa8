import { compile } from './compile.ts';
import { electrify } from './electrify.ts';
import { generate } from './generate.ts';

/** Schema to bundle: generate, electrify, compile (B4). Arguments are drizzle-kit's. */
export async function setup(args: readonly string[]): Promise<void> {
  await generate(args);
  await electrify({ check: false });
  const files = await compile({ check: false });
  console.log(files.length === 0 ? 'The bundle is up to date.' : `Bundle written: ${files.length} files.`);
}
