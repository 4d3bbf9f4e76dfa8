import { defineConfig } from 'vitest/config';
import { shared } from './vitest.shared.ts';

/** `pnpm test:long`: the suites that `pnpm test` runs with few seeds or kills, with many, which they count. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    env: { LOCKSTEP_LONG: '1' },
    testTimeout: 1_800_000,
    include: [
      '{apps,packages}/*/src/**/*.prop.test.{ts,tsx}',
      'scripts/**/*.prop.test.ts',
      'scripts/crash/*.test.ts',
    ],
    exclude: ['**/node_modules/**'],
  },
});
