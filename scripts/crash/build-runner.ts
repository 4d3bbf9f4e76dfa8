import { join } from 'node:path';
import { build } from 'vite';
import { fromRoot } from '../root.ts';

/** Bundles the runner to one plain module: hundreds are started, and compiling it in each would cost seconds. */
export async function buildRunner(outDir: string): Promise<string> {
  const drivers = /^(pg|@electric-sql\/pglite.*)$/;
  await build({
    configFile: false,
    root: fromRoot('scripts'),
    logLevel: 'error',
    resolve: { conditions: ['@lockstep/source', 'node', 'import', 'default'] },
    ssr: { noExternal: true, resolve: { conditions: ['@lockstep/source', 'node', 'import', 'default'] } },
    build: {
      ssr: fromRoot('scripts/crash/runner/main.ts'),
      outDir,
      minify: false,
      target: 'node20',
      rollupOptions: {
        external: [drivers],
        output: {
          entryFileNames: '[name].mjs',
          chunkFileNames: '[name]-[hash].mjs',
          // It is outside of every node_modules, so what stays apart is named by its place.
          paths: (id: string) => (drivers.test(id) ? import.meta.resolve(id) : id),
        },
      },
    },
  });
  return join(outDir, 'main.mjs');
}
