import { importsOf } from './imports.ts';
import { isTest, type SourceFile } from './source-files.ts';

/**
 * Which workspace may import which (ARCHITECTURE.md, "Workspaces"): a package's name allows all of its entries, a name
 * with `$` only the one without. Tests may use what their manifest lists.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol': [],
  'packages/local-postgres': [],
  'packages/core': ['@lockstep/protocol'],
  'packages/migrate': ['@lockstep/protocol'],
  'packages/shape-server': ['@lockstep/protocol'],
  'packages/electric-proxy': ['@lockstep/protocol', '@lockstep/migrate'],
  'packages/sync': ['@lockstep/protocol', '@lockstep/migrate'],
  'apps/api': [
    '@org/core',
    '@lockstep/protocol',
    '@lockstep/migrate',
    '@lockstep/sync/server',
    '@lockstep/electric-proxy',
    '@lockstep/shape-server',
  ],
  // Never what a server does: its gateway, its executor, its half of the migrations.
  'apps/web': [
    '@org/core$',
    '@org/core/schema',
    '@org/core/migrations/replica',
    '@lockstep/protocol',
    '@lockstep/migrate$',
    '@lockstep/migrate/pglite',
    '@lockstep/sync$',
    '@lockstep/sync/react',
    '@lockstep/sync/worker',
  ],
  scripts: ['@org/core', '@lockstep'],
};

/** What tests of every workspace share: the browser that is found on this machine. */
const TEST_TOOLS = 'scripts/testing/';

/** Imports that go up or sideways, each as `file: what is wrong`. */
export function findWrongArrows(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const workspace = workspaceOf(file.path);
    if (workspace === null) return [];
    return importsOf(file).flatMap(({ specifier }) => {
      const wrong = wrongArrow(file.path, workspace, specifier);
      return wrong === null ? [] : [`${file.path}: imports ${specifier}${wrong}`];
    });
  });
}

function wrongArrow(path: string, workspace: string, specifier: string): string | null {
  if (specifier.startsWith('.')) {
    const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
    if (target.startsWith(`${workspace}/`) || (isTest(path) && target.startsWith(TEST_TOOLS))) return null;
    if (workspaceOf(target) !== null) return ', a file of another workspace; import the package by its name';
    return workspace === 'scripts' ? null : ', a file of the root, which is for scripts';
  }
  const isOurs = specifier.startsWith('@lockstep/') || specifier.startsWith('@org/');
  const allowed = ALLOWED[workspace] ?? [];
  if (!isOurs || isTest(path) || allowed.some((rule) => allows(rule, specifier))) return null;
  return `; ${workspace} may import ${allowed.map((rule) => rule.replace('$', '')).join(', ') || 'nothing of ours'}`;
}

function allows(rule: string, specifier: string): boolean {
  if (rule.endsWith('$')) return specifier === rule.slice(0, -1);
  return specifier === rule || specifier.startsWith(`${rule}/`);
}

function workspaceOf(path: string): string | null {
  return Object.keys(ALLOWED).find((folder) => path.startsWith(`${folder}/`)) ?? null;
}
