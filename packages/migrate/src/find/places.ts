import { dirname, join, resolve } from 'node:path';

/** Where the running program is, for finding what it was shipped with. */
export interface Surroundings {
  readonly cwd: string;
  /** The executable: node, or the application itself. */
  readonly execPath: string;
  /** Electron's `process.resourcesPath`; null elsewhere. */
  readonly resourcesPath: string | null;
}

export interface Place {
  readonly kind: 'beside' | 'resources' | 'executable' | 'development' | 'package';
  readonly folder: string;
}

export interface PlacesOptions {
  /** The program's own file or folder. */
  readonly from: string | null;
  /** The npm package that the migrations come with. */
  readonly name: string | null;
}

/**
 * The folders to look in, in order. What was shipped comes before what is found upward: a packaged application may be
 * started anywhere, also inside of somebody else's checkout.
 */
export function listPlaces({ from, name }: PlacesOptions, surroundings: Surroundings): readonly Place[] {
  const { cwd, execPath, resourcesPath } = surroundings;
  const start = from ?? cwd;
  const executable = dirname(execPath);
  const places: Place[] = [
    ...(from === null ? [] : [{ kind: 'beside' as const, folder: from }]),
    ...(resourcesPath === null
      ? []
      : ['app.asar', 'app', ''].map((path) => ({
          kind: 'resources' as const,
          folder: join(resourcesPath, path),
        }))),
    // Beside the executable; in a bundle of macOS one folder over.
    ...['', 'resources', join('..', 'Resources')].map((path) => ({
      kind: 'executable' as const,
      folder: join(executable, path),
    })),
    ...upward(start).map((folder) => ({ kind: 'development' as const, folder })),
    ...(name === null
      ? []
      : upward(start).flatMap((folder) =>
          ['', 'dist'].map((path) => ({
            kind: 'package' as const,
            folder: join(folder, 'node_modules', name, path),
          })),
        )),
  ];
  return places.filter(
    ({ folder }, index) => places.findIndex((other) => resolve(other.folder) === resolve(folder)) === index,
  );
}

function upward(start: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    folders.push(folder);
    if (dirname(folder) === folder) return folders;
  }
}
