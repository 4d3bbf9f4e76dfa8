import { importsOf } from './imports.ts';
import { isTest, type SourceFile } from './source-files.ts';

/** Which workspace may import which (ARCHITECTURE.md, "Workspaces"). Tests may use what their manifest lists. */
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
  'apps/web': ['@org/core', '@lockstep/protocol', '@lockstep/migrate', '@lockstep/sync'],
  scripts: ['@org/core', '@lockstep'],
};

/** Imports that go up or sideways, each as `file: what is wrong`. */
export function findWrongArrows(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const workspace = Object.keys(ALLOWED).find((folder) => file.path.startsWith(`${folder}/`));
    if (workspace === undefined || isTest(file.path)) return [];
    const allowed = ALLOWED[workspace] ?? [];
    return importsOf(file).flatMap(({ specifier }) => {
      if (leavesWorkspace(file.path, workspace, specifier)) {
        return [
          `${file.path}: imports ${specifier}, a file of another workspace; import the package by its name`,
        ];
      }
      const isOurs = specifier.startsWith('@lockstep/') || specifier.startsWith('@org/');
      if (!isOurs || allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`)))
        return [];
      return [
        `${file.path}: imports ${specifier}; ${workspace} may import ${allowed.join(', ') || 'nothing of ours'}`,
      ];
    });
  });
}

function leavesWorkspace(path: string, workspace: string, specifier: string): boolean {
  if (!specifier.startsWith('.')) return false;
  const resolved = new URL(specifier, `file:///${path}`).pathname.slice(1);
  return !resolved.startsWith(`${workspace}/`);
}
