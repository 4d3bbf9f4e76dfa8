import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { emptyDatabase } from './vite/empty-database.ts';
import { englishOnly } from './vite/english-only.ts';
import { precompress } from './vite/precompress.ts';

const MEBIBYTE = 1024 * 1024;
const api = process.env['API_URL'] ?? 'http://127.0.0.1:3001';

export default defineConfig({
  plugins: [
    react(),
    emptyDatabase(),
    englishOnly(),
    VitePWA({
      // A new build waits until the person reloads: nothing changes under an open page.
      registerType: 'prompt',
      // `src/shell/service-worker.ts` registers it.
      injectRegister: false,
      includeAssets: ['icon.svg'],
      manifest: {
        name: 'Lockstep',
        short_name: 'Lockstep',
        description: 'A small work tracker that works offline.',
        display: 'standalone',
        start_url: '/',
        theme_color: '#5b5bd6',
        background_color: '#ffffff',
        icons: [{ src: '/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg,woff2,wasm,data}'],
        // What a new database starts from: whoever is offline and has rows, has a database.
        globIgnores: ['**/empty-database-*', '**/initdb-*'],
        maximumFileSizeToCacheInBytes: 20 * MEBIBYTE,
        navigateFallback: '/index.html',
        navigateFallbackDenylist: [/^\/api\//],
        cleanupOutdatedCaches: true,
      },
    }),
    precompress(),
  ],
  // Workspace packages come from their sources, so an edit in an engine shows at once.
  resolve: { conditions: ['@lockstep/source', ...defaultClientConditions] },
  // PGlite finds its WASM beside its own module: bundling it ahead of time would part them.
  optimizeDeps: { exclude: ['@electric-sql/pglite'] },
  worker: { format: 'es', plugins: () => [emptyDatabase()] },
  build: {
    target: 'es2023',
    // The first with `light-dark()`: its replacement for older ones doesn't follow the colour scheme of a page.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    chunkSizeWarningLimit: 1500,
    sourcemap: true,
  },
  server: { host: '127.0.0.1', port: 5173, strictPort: true, proxy: { '/api': api } },
  preview: { host: '127.0.0.1', port: 4173, strictPort: true, proxy: { '/api': api } },
});
