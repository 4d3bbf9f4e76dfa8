import { defineConfig } from 'vitest/config';
import { shared } from './vitest.shared.ts';

/** `pnpm test`. What a test needs is in its file's name: `.pg` a Postgres, `.browser` a Chromium, `.prop` fast-check. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['{apps,packages}/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.system.test.ts'],
  },
});
