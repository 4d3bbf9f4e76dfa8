import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const COMPRESSIBLE = /\.(js|css|html|svg|wasm|webmanifest)$|pglite.*\.data$/;
/** Smaller files gain less than a request's headers. */
const BYTES_MIN = 1024;

/** Puts `file.gz` beside each file that shrinks, so that no server compresses PGlite's 15 MB at every first visit. */
export function precompress(): Plugin {
  let outDir = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        const files = await readdir(outDir, { recursive: true });
        await Promise.all(
          files.filter((name) => COMPRESSIBLE.test(name)).map((name) => compress(join(outDir, name))),
        );
      },
    },
  };
}

async function compress(file: string): Promise<void> {
  if ((await stat(file)).size < BYTES_MIN) return;
  await writeFile(`${file}.gz`, await promisify(gzip)(await readFile(file)));
}
