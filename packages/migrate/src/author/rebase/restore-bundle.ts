import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GENERATED_MARK } from '../render-bundle.ts';
import type { Git } from './git.ts';

/**
 * Makes the bundle's folder main's: released statements are pinned in it, and a merge leaves marks in its lists. What
 * the compiler wrote for mine goes; it is compiled again under the new names.
 */
export async function restoreBundle(git: Git, commit: string, bundleFolder: string): Promise<void> {
  await mkdir(bundleFolder, { recursive: true });
  const path = await git.pathOf(bundleFolder);
  const files = (await git.list(commit, path)).map((file) => file.slice(path.length + 1));
  for (const file of files) {
    const text = await git.read(commit, `${path}/${file}`);
    if (text !== null && isGenerated(text)) await writeFile(join(bundleFolder, file), text);
  }
  const known = new Set(files);
  for (const name of (await readdir(bundleFolder)).filter((file) => file.endsWith('.ts'))) {
    if (known.has(name)) continue;
    if (isGenerated(await readFile(join(bundleFolder, name), 'utf8'))) await rm(join(bundleFolder, name));
  }
}

/** Also with a merge's marks around the first line. */
function isGenerated(text: string): boolean {
  return text.slice(0, 500).includes(GENERATED_MARK);
}
