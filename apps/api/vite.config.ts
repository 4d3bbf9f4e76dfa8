import { defineConfig } from 'vite';
import manifest from './package.json' with { type: 'json' };

const isWorkspace = (version: string) => version.startsWith('workspace:');
const installed = Object.entries(manifest.dependencies)
  .filter(([, version]) => !isWorkspace(version))
  .map(([name]) => name);

/** `dist/main.js`: the workspace's own packages in it, what comes from npm beside it. */
export default defineConfig({
  build: { ssr: 'src/main.ts', outDir: 'dist', target: 'node20', sourcemap: true },
  ssr: {
    noExternal: true,
    external: installed,
    resolve: { conditions: ['@lockstep/source', 'module', 'node', 'import', 'default'] },
  },
});
