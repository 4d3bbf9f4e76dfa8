import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromRoot } from '../root.ts';
import { COMPUTED, importsOf } from './imports.ts';

const OURS = /^@(lockstep|org)\//;

/** The npm packages (and `node:*` for Node's own modules) that running this source file can load, sorted. */
export function reachedPackages(entry: string): string[] {
  return walk(entry, (from, specifier) => relativeSource(from, specifier) ?? ourSource(specifier));
}

/** The packages that a workspace's own files, from this one on, import when they run: what its manifest has to list. Sorted. */
export function directPackages(entry: string): string[] {
  return walk(entry, relativeSource).filter((name) => name !== COMPUTED && !/^(node|virtual):/.test(name));
}

/** `follow` answers the source file behind a specifier, or null for a package to be named. */
function walk(entry: string, follow: (from: string, specifier: string) => string | null): string[] {
  const seen = new Set<string>();
  const reached = new Set<string>();
  const queue = [entry];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path) || !/\.tsx?$/.test(path)) continue;
    seen.add(path);
    for (const { specifier, isTypeOnly } of importsOf({ path, text: readFileSync(path, 'utf8') })) {
      if (isTypeOnly) continue;
      const source = follow(path, specifier);
      if (source === null) reached.add(packageOf(specifier));
      else queue.push(source);
    }
  }
  return [...reached].sort();
}

function relativeSource(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? join(dirname(from), specifier.replace(/\?.*$/, '')) : null;
}

function ourSource(specifier: string): string | null {
  return OURS.test(specifier) ? entryOf(specifier) : null;
}

/** `@lockstep/sync/react` to its source, by the manifest's `exports`. */
export function entryOf(specifier: string): string {
  const [scope, name, ...rest] = specifier.split('/');
  const folder = fromRoot('packages', name as string);
  const key = rest.length === 0 ? '.' : `./${rest.join('/')}`;
  const target = readManifest(folder).exports?.[key];
  if (target === undefined) throw new Error(`${scope}/${name} exports no ${key}`);
  return join(folder, typeof target === 'string' ? target : (target['@lockstep/source'] as string));
}

export interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:*';
  if (specifier.startsWith('virtual:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
