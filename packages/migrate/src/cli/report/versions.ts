import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What is installed where a checkout would find it; null for what is not. */
export type Versions = Readonly<Record<string, string | null>>;

const PACKAGES = [
  '@lockstep/migrate',
  '@electric-sql/pglite',
  'pg',
  'drizzle-orm',
  'drizzle-kit',
  'typescript',
] as const;

export function readVersions(checkoutRoot: string): Versions {
  const found = PACKAGES.map((name) => [
    name,
    versionOf(name, join(checkoutRoot, 'package.json')) ?? versionOf(name, import.meta.url),
  ]);
  const platform = `${process.platform} ${process.arch}`;
  return { node: process.versions.node, platform, ...Object.fromEntries(found) };
}

/** From the folders that Node would look in: a package's exports may hide its manifest. */
function versionOf(name: string, from: string): string | null {
  const folders = createRequire(from).resolve.paths(name) ?? [];
  // A package finds itself by its own manifest.
  const own = dirname(dirname(dirname(dirname(import.meta.filename))));
  const manifests = [
    ...folders.map((folder) => join(folder, name, 'package.json')),
    join(own, 'package.json'),
  ];
  for (const file of manifests.filter((candidate) => existsSync(candidate))) {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    if (manifest.name === name && manifest.version !== undefined) return manifest.version;
  }
  return null;
}
