import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../root.ts';

/** A copy of this checkout, as a developer would have it beside this one: schema changes in it leave this one alone. */
export interface Checkout {
  readonly path: string;
  read(file: string): string;
  write(file: string, text: string): void;
  /** Replaces `from`, which must be there, by `to`. */
  edit(file: string, from: string, to: string): void;
  /** Node's arguments for a script of the root `package.json`. */
  commandOf(script: string): readonly string[];
  /** Runs a script of the root `package.json`, e.g. `db:setup`. Answers what it printed. Throws when it fails. */
  run(script: string, args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  /** Builds a workspace: `apps/web`. */
  build(workspace: string): Promise<void>;
  /** Type-checks a workspace; throws with the compiler's words. */
  types(workspace: string): Promise<void>;
  remove(): void;
}

export function copyCheckout(): Checkout {
  const path = mkdtempSync(join(tmpdir(), 'lockstep-checkout-'));
  chmodSync(path, 0o755); // As a clone is: Postgres's own user must get in when this one is root.
  copyFiles(path);
  linkModules(path);
  // Never synchronous: what a command talks to may run in this process.
  const run = (command: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) =>
    new Promise<string>((resolve, reject) => {
      execFile(
        process.execPath,
        command,
        { cwd, env: { ...process.env, ...env } },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`exit code ${error.code}\n${stdout}\n${stderr}`));
        },
      );
    });
  const read = (file: string) => readFileSync(join(path, file), 'utf8');
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  };
  return {
    path,
    read,
    write,
    edit(file, from, to) {
      const text = read(file);
      if (!text.includes(from)) throw new Error(`${file} does not hold: ${from}`);
      write(file, text.replace(from, to));
    },
    commandOf: (script) => commandOf(path, script),
    run(script, args = [], env = {}) {
      return run([...commandOf(path, script), ...args], path, env);
    },
    async build(workspace) {
      const vite = join(path, 'node_modules/vite/bin/vite.js');
      // A test runner's NODE_ENV would make it a development build.
      await run([vite, 'build', '--logLevel=warn'], join(path, workspace), { NODE_ENV: 'production' });
    },
    async types(workspace) {
      await run(
        [join(path, 'node_modules/typescript/bin/tsc'), '-p', join(path, workspace, 'tsconfig.json')],
        path,
      );
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** What git knows or would add; files that are deleted but not committed yet are left out. */
function copyFiles(path: string): void {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of files.split('\n')) {
    if (file === '' || !existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(path, file)), { recursive: true });
    cpSync(join(ROOT, file), join(path, file));
  }
}

/** Every workspace gets links of its own, so that they find each other in the copy; the packages behind them are shared. */
function linkModules(path: string): void {
  const workspaces = ['apps', 'packages'].flatMap((folder) =>
    readdirSync(join(path, folder)).map((name) => join(folder, name)),
  );
  for (const workspace of ['.', 'scripts', ...workspaces]) {
    const from = join(ROOT, workspace, 'node_modules');
    if (!existsSync(from)) continue;
    cpSync(from, join(path, workspace, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !SHARED_FOLDERS.some((name) => source === join(from, name)),
    });
  }
  symlinkSync(join(ROOT, 'node_modules/.pnpm'), join(path, 'node_modules/.pnpm'), 'dir');
}

const SHARED_FOLDERS = ['.pnpm', '.vite', '.vite-temp', '.cache'];

/** A root script is `node <flags> <file>`. */
function commandOf(path: string, script: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [program, ...args] = (scripts[script] ?? '').split(' ');
  if (program !== 'node') throw new Error(`The root package.json has no node script ${script}.`);
  return args;
}
