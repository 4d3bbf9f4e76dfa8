import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CliEnvironment, nodeEnvironment } from '../cli/environment.ts';
import { runCli } from '../cli/run-cli.ts';
import { connectPostgres } from '../operate/connect-postgres.ts';
import { readEmptyCluster } from '../operate/empty-cluster.ts';
import { openPglite, type PgliteConnection } from '../operate/open-pglite.ts';
import { type FixtureMigration, writeMigrations } from './fixture-folder.ts';

/** What a command printed and ended with. */
export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Questions that were asked, in order. */
  readonly questions: readonly string[];
  /** The one document of `--json`; throws when stdout is anything else. */
  json(): Record<string, unknown>;
}

export interface CliRunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Somebody is at a terminal and answers these, in order; a question too many throws. Nobody is otherwise. */
  readonly answers?: readonly (boolean | string)[];
  readonly environment?: Partial<CliEnvironment>;
}

/** A developer's checkout in a temporary folder: `lockstep.config.ts` and `drizzle/`. */
export interface CliCheckout {
  readonly path: string;
  /** Opens a PGlite directory, to look into it; closed by `remove`. */
  readonly open: (directory: string | null) => Promise<PgliteConnection>;
  write(file: string, text: string): Promise<void>;
  /** Writes the history anew. */
  migrations(migrations: readonly FixtureMigration[]): Promise<void>;
  /** Runs a command line in this process, e.g. `run(['migrate', '--database', 'file:app.db'])`. */
  run(argv: readonly string[], options?: CliRunOptions): Promise<CliRun>;
  /** Closes the databases too: PGlite directories stay open between runs, since booting one takes seconds. */
  remove(): Promise<void>;
}

const PACKAGE = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** `config` is the argument of `defineConfig` as TypeScript. */
export async function createCliCheckout(
  migrations: readonly FixtureMigration[],
  config = "{ migrations: './drizzle' }",
): Promise<CliCheckout> {
  const databases = keepOpen();
  const checkout = await createEmptyCheckout(databases);
  await checkout.write(
    'lockstep.config.ts',
    `import { defineConfig } from '@lockstep/migrate/node';\n\nexport default defineConfig(${config});\n`,
  );
  await checkout.migrations(migrations);
  return checkout;
}

/** Where a reader begins: nothing but the packages is there. Databases are opened as a terminal's commands open them. */
export async function createBareCheckout(): Promise<CliCheckout> {
  return createEmptyCheckout({ open: nodeEnvironment().open.pglite, closeAll: () => Promise.resolve() });
}

const LINKED = ['drizzle-orm', 'drizzle-kit', 'pg', '@electric-sql/pglite', '@types/pg', '@types/node'];

async function createEmptyCheckout(databases: KeptOpen): Promise<CliCheckout> {
  const path = await mkdtemp(join(tmpdir(), 'lockstep-cli-'));
  const write = async (file: string, text: string) => {
    const folder = dirname(join(path, file));
    await mkdir(folder, { recursive: true });
    // Behind a link lies this repository's own package, and behind that pnpm's store.
    if (!(await realpath(folder)).startsWith(await realpath(path))) {
      throw new Error(`${file} is linked from elsewhere: remove the link first.`);
    }
    await writeFile(join(path, file), text);
  };
  await write('package.json', '{ "type": "module" }\n');
  // As npm would have installed it, and what comes with it.
  const link = async (target: string, name: string) => {
    await mkdir(dirname(join(path, 'node_modules', name)), { recursive: true });
    await symlink(target, join(path, 'node_modules', name), 'dir');
  };
  await link(PACKAGE, '@lockstep/migrate');
  for (const name of LINKED) await link(join(PACKAGE, 'node_modules', name), name);
  return {
    path,
    open: databases.open,
    write,
    migrations: (next) => writeMigrations(join(path, 'drizzle'), next),
    run: (argv, options) => runInProcess(path, databases.open, argv, options),
    async remove() {
      await databases.closeAll();
      await rm(path, { recursive: true, force: true });
    },
  };
}

interface KeptOpen {
  readonly open: CliCheckout['open'];
  closeAll(): Promise<void>;
}

/** A new directory begins with a copy of an empty cluster, where there is one: initdb takes seconds. */
async function openQuickly(directory: string | null): ReturnType<typeof openPglite> {
  const loadDataDir = directory === null || existsSync(directory) ? null : await readEmptyCluster();
  return openPglite(directory, loadDataDir === null ? {} : { loadDataDir });
}

function keepOpen(): KeptOpen {
  const opened = new Map<string | null, ReturnType<typeof openPglite>>();
  return {
    async open(directory) {
      const database = opened.get(directory) ?? openQuickly(directory);
      opened.set(directory, database);
      return { ...(await database), close: () => Promise.resolve() };
    },
    async closeAll() {
      for (const database of opened.values()) await (await database).close();
      opened.clear();
    },
  };
}

async function runInProcess(
  cwd: string,
  pglite: CliCheckout['open'],
  argv: readonly string[],
  options: CliRunOptions = {},
): Promise<CliRun> {
  const written = { stdout: '', stderr: '' };
  const questions: string[] = [];
  const answers = [...(options.answers ?? [])];
  const answer = (question: string) => {
    questions.push(question);
    const next = answers.shift();
    if (next === undefined) throw new Error(`No answer for: ${question}`);
    return Promise.resolve(next);
  };
  const exitCode = await runCli(argv, {
    cwd,
    env: options.env ?? {},
    stdout: { isTerminal: false, write: (text) => void (written.stdout += text) },
    stderr: { isTerminal: false, write: (text) => void (written.stderr += text) },
    open: { postgres: connectPostgres, pglite },
    isInteractive: options.answers !== undefined,
    prompts: {
      confirm: async (question) => (await answer(question)) === true,
      input: async (question) => String(await answer(question)),
      select: async (question) => String(await answer(question)),
    },
    commandLine: (command) => `lockstep ${command}`,
    ...options.environment,
  });
  return {
    exitCode,
    ...written,
    questions,
    json: () => JSON.parse(written.stdout) as Record<string, unknown>,
  };
}
