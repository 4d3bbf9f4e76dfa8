import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** What a module imports at run time, by its text: `import type` and `export type` leave nothing behind. */
function runtimeImports(text: string): string[] {
  const statements = text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from '([^']+)'/gm);
  return [...statements].map((match) => match[1] ?? '');
}

/** Every package that an entry needs at run time, through all of our own files. */
function packagesOf(entry: URL, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(entry.href)) return packages;
  seen.add(entry.href);
  for (const specifier of runtimeImports(readFileSync(entry, 'utf8'))) {
    const found = specifier.startsWith('.') ? packagesOf(new URL(specifier, entry), seen) : [specifier];
    for (const name of found) packages.add(name);
  }
  return packages;
}

it.each(['./index.ts', './run/executor/pglite.ts', './run/executor/postgres.ts'])(
  '%s works in a browser: no Node built-in, no parser, no driver',
  (entry) => {
    const packages = packagesOf(new URL(entry, import.meta.url));
    const allowed = /^(@lockstep\/protocol$|@noble\/hashes\/)/;
    expect([...packages].filter((name) => !allowed.test(name))).toEqual([]);
  },
);

it('control: the entry for Node is told apart', () => {
  expect(
    [...packagesOf(new URL('./node.ts', import.meta.url))].some((name) => name.startsWith('node:')),
  ).toBe(true);
});
