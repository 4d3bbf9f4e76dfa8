import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inParallel } from './in-parallel.ts';

export interface Checksum {
  readonly sha256: string;
  readonly bytes: number;
}

/** Of a file's bytes, or of a folder: of the sorted list of its files' paths and hashes. */
export async function checksum(path: string): Promise<Checksum> {
  if (!(await stat(path)).isDirectory()) return checksumOfFile(path);
  const names = await listFiles(path, '');
  const sums = new Map<string, Checksum>();
  await inParallel(names, async (name) => {
    sums.set(name, name.endsWith('/') ? EMPTY : await checksumOfFile(join(path, name)));
  });
  const hash = createHash('sha256');
  let bytes = 0;
  for (const name of names) {
    const file = sums.get(name) ?? EMPTY;
    hash.update(`${name}\0${file.sha256}\n`);
    bytes += file.bytes;
  }
  return { sha256: hash.digest('hex'), bytes };
}

const EMPTY: Checksum = { sha256: '', bytes: 0 };

/** Up to this size a file is read in one go, which is faster for the many small ones. */
const WHOLE_BYTES_MAX = 4 * 1024 * 1024;

async function checksumOfFile(path: string): Promise<Checksum> {
  if ((await stat(path)).size <= WHOLE_BYTES_MAX) {
    const content = await readFile(path);
    return { sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length };
  }
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  });
  return { sha256: hash.digest('hex'), bytes };
}

/** Paths with forward slashes, also on Windows, and empty folders with one at the end: Postgres needs those too. */
async function listFiles(root: string, below: string): Promise<string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const lists = entries.map(async (entry) => {
    const name = posix.join(below, entry.name);
    return entry.isDirectory() ? [`${name}/`, ...(await listFiles(root, name))] : [name];
  });
  return (await Promise.all(lists)).flat().sort();
}
