import { extractFile, statFile } from '@electron/asar';
import { diskFiles, type ReadableFiles } from '../author/read-text.ts';

/**
 * Files as Electron's `fs` shows them: the inside of an archive as if it were a folder. Electron does this by replacing
 * `fs`; here the archive's own library reads it.
 */
export const filesWithArchives: ReadableFiles = {
  async readFile(path, encoding) {
    const [archive, inside] = splitPath(path);
    if (archive === null) return diskFiles.readFile(path, encoding);
    entryOf(archive, inside);
    return extractFile(archive, inside).toString(encoding);
  },
  async readdir(path, options) {
    const [archive, inside] = splitPath(path);
    if (archive === null) return diskFiles.readdir(path, options);
    const entry = entryOf(archive, inside);
    const { files = {} } = entry as { files?: Record<string, object> };
    return Object.entries(files).map(([name, file]) => ({ name, isDirectory: () => 'files' in file }));
  },
};

function splitPath(path: string): [string | null, string] {
  const [, archive = null, inside = ''] = /^(.*?\.asar)(?:[\\/](.*))?$/.exec(path) ?? [];
  return [archive, inside];
}

function entryOf(archive: string, inside: string): object {
  try {
    const entry = statFile(archive, inside) as object | undefined;
    if (entry !== undefined) return entry;
  } catch {
    // The library throws for what is not in the archive; so does `fs`, with a code.
  }
  throw Object.assign(new Error(`ENOENT: ${inside} is not in ${archive}`), { code: 'ENOENT' });
}
