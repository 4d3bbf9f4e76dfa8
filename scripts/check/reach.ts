import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromRoot } from '../root.ts';
import { importsOf } from './imports.ts';

const OURS = /^@(lockstep|org)\//;

/** The npm packages (and Node's own modules, as `node:…`) that running this source file can load, sorted. */
export function reachedPackages(entry: string): string[] {
  const seen = new Set<string>();
  const reached = new Set<string>();
  const queue = [entry];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path) || !/\.tsx?$/.test(path)) continue;
    seen.add(path);
    for (const { specifier, isTypeOnly } of importsOf({ path, text: readFileSync(path, 'utf8') })) {
      if (isTypeOnly) continue;
      const source = resolveSource(path, specifier);
      if (source === null) reached.add(packageOf(specifier));
      else queue.push(source);
    }
  }
  return [...reached].sort();
}

/** The source file behind a specifier, or null for somebody else's package. */
function resolveSource(from: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return join(dirname(from), specifier.replace(/\?.*$/, ''));
  return OURS.test(specifier) ? entryOf(specifier) : null;
}

/** `@lockstep/sync/react` to its source, by the manifest's `exports`. */
export function entryOf(specifier: string): string {
  const [scope, name, ...rest] = specifier.split('/');
  const folder = ['packages', 'apps']
    .map((parent) => fromRoot(parent, name as string))
    .find((path) => existsSync(path));
  const manifest = JSON.parse(readFileSync(join(folder as string, 'package.json'), 'utf8')) as Manifest;
  const key = rest.length === 0 ? '.' : `./${rest.join('/')}`;
  const target = manifest.exports?.[key];
  if (target === undefined) throw new Error(`${scope}/${name} exports no ${key}`);
  return join(folder as string, typeof target === 'string' ? target : (target['@lockstep/source'] as string));
}

interface Manifest {
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:') || specifier.startsWith('virtual:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
