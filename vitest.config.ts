import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

/** Workspace packages are tested from their sources, without a build. */
const conditions = ['@lockstep/source', ...defaultServerConditions];

/** `pnpm test`. What a test needs is in its file's name: `.pg` a Postgres, `.browser` a Chromium, `.prop` fast-check. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    include: ['{apps,packages}/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.system.test.ts'],
    globalSetup: ['scripts/testing/postgres-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
