import { expect, test } from 'vitest';
import { type BrowserBundle, bundleForBrowser } from './browser-entry.ts';

/** What a page pays for the engine at most, gzip, with its dependencies; its own migrations come on top. */
const GZIP_BYTES_MAX = { everything: 100_000, running: 90_000 };

const packagesOf = ({ modules }: BrowserBundle) =>
  [
    ...new Set(modules.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])),
  ].toSorted();

test('the browser entry has no Node built-ins and no SQL parser, and stays small', async () => {
  const everything = await bundleForBrowser("export * from '@lockstep/migrate';");
  expect(everything.builtins).toEqual([]);
  // No parser (libpg-query, oxc-parser), no PGlite, no Drizzle.
  expect(packagesOf(everything)).toEqual(['@noble/hashes', 'zod']);
  expect(everything.modules.filter((file) => /^packages\/migrate\/src\/(author|cli)\//.test(file))).toEqual(
    [],
  );
  const running = await bundleForBrowser(
    "export { requireMigrated, runMigrations } from '@lockstep/migrate'; export { pgliteExecutor } from '@lockstep/migrate/pglite';",
  );
  expect(running.modules).toContain('packages/migrate/src/run/run-migrations.ts');
  console.log(
    `@lockstep/migrate in a browser, gzip: ${everything.gzipBytes} bytes with everything, ${running.gzipBytes} for runMigrations on PGlite.`,
  );
  expect(everything.gzipBytes).toBeLessThan(GZIP_BYTES_MAX.everything);
  expect(running.gzipBytes).toBeLessThan(GZIP_BYTES_MAX.running);
});

test('a built-in and another package would be noticed (control)', async () => {
  const bundle = await bundleForBrowser(
    "import { readFile } from 'node:fs/promises'; import Table from 'cli-table3'; console.log(readFile, Table);",
  );
  expect(bundle.builtins).toContain('node:fs/promises');
  expect(packagesOf(bundle)).toContain('cli-table3');
});
