import { compile } from './compile.ts';
import { electrify } from './electrify.ts';
import { generate } from './generate.ts';

/** Schema to bundle: generate, electrify, compile (B4). Arguments are those of `db:generate`; answers the exit code. */
export async function setup(args: readonly string[]): Promise<number> {
  const exitCode = await generate(args);
  if (exitCode !== 0) return exitCode;
  await electrify({ check: false });
  const files = await compile({ check: false });
  console.log(files.length === 0 ? 'The bundle is up to date.' : `Bundle written: ${files.length} files.`);
  return 0;
}
