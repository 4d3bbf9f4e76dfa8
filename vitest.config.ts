import { defineConfig } from 'vitest/config';
import { shared } from './vitest.shared.ts';

/** `pnpm test:long` runs the seeded suites long, and those that are long by nature (`.long`). */
const isLong = process.env.LOCKSTEP_LONG !== undefined;

/** `pnpm test`. What a test needs is in its file's name: `.pg` a Postgres, `.browser` a Chromium, `.prop` fast-check. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    globalSetup: ['scripts/testing/browser-setup.ts', ...shared.test.globalSetup],
    include: ['{apps,packages}/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.system.test.ts', ...(isLong ? [] : ['**/*.long.test.ts'])],
  },
});
