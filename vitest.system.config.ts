import { defineConfig } from 'vitest/config';
import { shared } from './vitest.shared.ts';

/** `pnpm test:system`: what needs Debian packages (psql). A missing one fails with its name. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['{apps,packages}/*/src/**/*.system.test.ts', 'scripts/**/*.system.test.ts'],
  },
});
