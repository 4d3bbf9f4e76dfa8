import { builtinModules } from 'node:module';
import { gzipSync } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { fromRoot } from '../root.ts';

/** What a browser gets that imports `@lockstep/migrate`. */
export interface BrowserBundle {
  /** Node's own modules that something asks for: a browser has none of them. */
  readonly builtins: readonly string[];
  /** The files in it, below the repository's root, or below node_modules. */
  readonly modules: readonly string[];
  /** Of the minified code with everything that it needs. */
  readonly bytes: number;
  readonly gzipBytes: number;
}

const BUILTINS = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/** No such file: it lies beside the scripts, whose dependencies it may import. */
const ENTRY = fromRoot('scripts/virtual-entry.js');

/** Bundles a program's source for a browser, minified, with what it imports. Writes nothing. */
export async function bundleForBrowser(source: string): Promise<BrowserBundle> {
  const builtins = new Set<string>();
  const result = (await build({
    configFile: false,
    logLevel: 'silent',
    root: fromRoot(),
    resolve: { conditions: ['@lockstep/source', 'browser', 'module', 'import', 'default'] },
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [
      {
        name: 'watch-builtins',
        enforce: 'pre',
        // Vite puts an empty module in their place and goes on.
        resolveId(id) {
          if (BUILTINS.has(id)) builtins.add(id);
          return id === ENTRY ? id : null;
        },
        load: (id) => (id === ENTRY ? source : null),
      },
    ],
    build: { write: false, minify: true, lib: { entry: ENTRY, formats: ['es'] } },
  })) as Rollup.RollupOutput[];
  const chunks = result.flatMap(({ output }) => output).filter((part) => part.type === 'chunk');
  const code = chunks.map((chunk) => chunk.code).join('');
  return {
    builtins: [...builtins],
    modules: chunks.flatMap((chunk) => Object.keys(chunk.modules)).map(shorten),
    bytes: Buffer.byteLength(code),
    gzipBytes: gzipSync(code).length,
  };
}

function shorten(file: string): string {
  return file.replace(/^.*node_modules\//, 'node_modules/').replace(`${fromRoot()}/`, '');
}
