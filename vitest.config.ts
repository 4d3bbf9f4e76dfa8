import { defineConfig } from 'vitest/config';
import { shared } from './vitest.shared.ts';

/** `pnpm test`. What a test needs is in its file's name: `.pg` a Postgres, `.browser` a Chromium, `.prop` fast-check. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    globalSetup: ['scripts/testing/browser-setup.ts', ...shared.test.globalSetup],
    include: ['{apps,packages}/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.system.test.ts'],
  },
});
