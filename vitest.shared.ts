import { defaultServerConditions } from 'vite';

/** Workspace packages are tested from their sources, without a build. */
const conditions = ['@lockstep/source', ...defaultServerConditions];

/** What both test commands have in common. */
export const shared = {
  ssr: { resolve: { conditions } },
  // Global set-up files run in an environment of their own.
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    globalSetup: ['scripts/testing/postgres-setup.ts'],
    pool: 'forks' as const,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
};
