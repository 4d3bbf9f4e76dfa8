import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { generate } from '../author/generate/generate.ts';

const execFileAsync = promisify(execFile);

/** A developer's clone of one repository. */
export interface Clone {
  readonly path: string;
  /** drizzle-kit's output folder in it. */
  readonly drizzle: string;
  /** Runs git; a failure (a conflict) is answered as its output. */
  git(...args: string[]): Promise<string>;
  read(file: string): Promise<string>;
  write(file: string, text: string): Promise<void>;
  /** Generates a migration from a schema, as `lockstep generate` does, and commits it. */
  migrate(
    schema: Parameters<typeof generate>[0]['schema'],
    name: string,
    options?: MigrateOptions,
  ): Promise<string>;
  commit(message: string): Promise<void>;
  /** The names of the files below the migrations folder. */
  files(): Promise<readonly string[]>;
}

export interface MigrateOptions {
  readonly rename?: readonly string[];
  /** Milliseconds since 1970. */
  readonly when?: number;
  /** Changes the SQL before it is committed. */
  readonly edit?: (sql: string) => string;
}

/** A shared repository with a branch `main`, and as many clones as are asked for. */
export interface Team {
  clone(name: string): Promise<Clone>;
  remove(): Promise<void>;
}

export async function createTeam(): Promise<Team> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-team-'));
  const origin = join(folder, 'origin.git');
  await execFileAsync('git', ['init', '--quiet', '--bare', '--initial-branch=main', origin]);
  return {
    clone: (name) => createClone(origin, join(folder, name)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function createClone(origin: string, path: string): Promise<Clone> {
  await execFileAsync('git', ['clone', '--quiet', origin, path]);
  const drizzle = join(path, 'drizzle');
  const git = async (...args: string[]) => {
    const settings = ['-c', 'user.name=Ann', '-c', 'user.email=ann@localhost', '-c', 'core.editor=true'];
    const run = execFileAsync('git', [...settings, ...args], { cwd: path });
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
    return stdout + stderr;
  };
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), text);
  };
  const commit = async (message: string) => {
    await git('add', '--all');
    await git('commit', '--quiet', '--message', message);
  };
  return {
    path,
    drizzle,
    git,
    write,
    commit,
    read: (file) => readFile(join(path, file), 'utf8'),
    async migrate(schema, name, { rename = [], when, edit } = {}) {
      const now = when === undefined ? Date.now : () => when;
      const options = { folder: drizzle, schema, name, hints: { rename }, verify: false, now };
      const result = await generate(options);
      if (result.kind !== 'generated') throw new Error(`Not generated: ${JSON.stringify(result)}`);
      if (edit !== undefined) await writeFile(result.file, edit(await readFile(result.file, 'utf8')));
      await commit(name);
      return result.tag;
    },
    async files() {
      const names = await readdir(drizzle, { recursive: true });
      return names.filter((name) => /\.\w+$/.test(name)).toSorted();
    },
  };
}
