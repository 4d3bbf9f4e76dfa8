import type { Extension, Extensions } from '@electric-sql/pglite';

/** Packages of their own, which an application installs when it needs them. */
const PACKAGES: Readonly<Record<string, string>> = {
  vector: '@electric-sql/pglite-pgvector',
  postgis: '@electric-sql/pglite-postgis',
};

/** What CREATE EXTENSION … CASCADE creates as well. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = { earthdistance: ['cube'] };

/** The extensions of these names that PGlite has, for its `extensions` option; the others are left out. */
export async function loadPgliteExtensions(names: readonly string[]): Promise<Extensions> {
  const wanted = new Set(names.flatMap((name) => [name, ...(REQUIRED[name] ?? [])]));
  const loaded = await Promise.all([...wanted].map(async (name) => [name, await load(name)] as const));
  return Object.fromEntries(loaded.flatMap(([name, found]) => (found === null ? [] : [[name, found]])));
}

async function load(name: string): Promise<Extension | null> {
  if (!/^[\w-]+$/.test(name)) return null;
  const key = name.replaceAll('-', '_');
  const module = PACKAGES[name] ?? `@electric-sql/pglite/contrib/${key}`;
  try {
    const found = (await import(module)) as Readonly<Record<string, Extension>>;
    return found[key] ?? null;
  } catch {
    return null;
  }
}
