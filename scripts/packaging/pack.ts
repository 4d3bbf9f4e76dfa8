import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Checkout, copyCheckout } from '../testing/checkout.ts';

const execFileAsync = promisify(execFile);

/** Packages as they would be published. */
export interface PackedPackages {
  /** A tarball's path by the package's folder: `migrate`. */
  readonly tarballs: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Builds packages, in their order, in a copy of the checkout, so that no old file of `dist` is packed, and packs them with pnpm. */
export async function packPackages(folders: readonly string[]): Promise<PackedPackages> {
  const checkout = copyCheckout();
  const destination = await mkdtemp(join(tmpdir(), 'lockstep-packed-'));
  try {
    const tarballs: [string, string][] = [];
    // One after the other: a package is built against those that were built before it.
    for (const folder of folders) tarballs.push([folder, await packOne(checkout, folder, destination)]);
    return {
      tarballs: Object.fromEntries(tarballs),
      remove: () => rm(destination, { recursive: true, force: true }),
    };
  } finally {
    checkout.remove();
  }
}

async function packOne(checkout: Checkout, folder: string, destination: string): Promise<string> {
  const cwd = join(checkout.path, 'packages', folder);
  const tsc = join(checkout.path, 'node_modules/typescript/bin/tsc');
  await execFileAsync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd });
  const { packageManager } = JSON.parse(checkout.read('package.json')) as { readonly packageManager: string };
  await execFileAsync('npx', ['--yes', packageManager, 'pack', '--pack-destination', destination], { cwd });
  const { name, version } = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
  };
  return join(destination, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}
