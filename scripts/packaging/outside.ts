import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fromRoot } from '../root.ts';

const execFileAsync = promisify(execFile);

/** Somebody's project outside of this workspace, with what npm installed. */
export interface OutsideProject {
  readonly path: string;
  write(file: string, text: string): Promise<void>;
  /** Runs a program in it and answers what it printed. Throws with what it said when it fails. */
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  /** Type-checks or builds with a configuration in it; throws with the compiler's words. */
  tsc(config: string): Promise<void>;
  remove(): Promise<void>;
}

/** Installs tarballs (name to path) and packages (name to version) with npm, from its cache where it can. */
export async function createOutsideProject(
  tarballs: Readonly<Record<string, string>>,
  packages: Readonly<Record<string, string>>,
): Promise<OutsideProject> {
  const path = await mkdtemp(join(tmpdir(), 'lockstep-outside-'));
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), text);
  };
  const run = async (
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) => {
    try {
      const options = { cwd: path, env: { ...plainEnvironment(), ...env } };
      return (await execFileAsync(program, [...args], options)).stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
      throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
    }
  };
  const files = Object.fromEntries(Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`]));
  const manifest = {
    name: 'outside',
    private: true,
    type: 'module',
    dependencies: { ...files, ...packages },
  };
  await write('package.json', JSON.stringify(manifest));
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']);
  return {
    path,
    write,
    run,
    tsc: async (config) =>
      void (await run(process.execPath, [fromRoot('node_modules/typescript/bin/tsc'), '-p', config])),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Without what the test run and its package manager set: nothing of this workspace is to be found by it. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(npm_|pnpm_|NODE_|VITEST|LOCKSTEP_|DATABASE_URL|PG|INIT_CWD)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
