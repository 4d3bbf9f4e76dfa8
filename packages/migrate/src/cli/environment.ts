import { openEmbedded } from '../embedded/open-embedded.ts';
import { connectPostgres } from '../operate/connect-postgres.ts';
import { openPglite, type PgliteConnection } from '../operate/open-pglite.ts';
import type { DatabaseChoice } from './database/choose-database.ts';
import { nodePrompts, type Prompts } from './prompts.ts';

/** Where text goes: a terminal, a file, a test. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of a terminal, if known. */
  readonly columns?: number;
  write(text: string): void;
}

/** A database that a hook stands in front of, e.g. the migrations proxy. */
export interface Route {
  /** What to connect to. Secret: it has a password. */
  readonly url: string;
  close(): Promise<void>;
}

export interface Openers {
  readonly postgres: typeof connectPostgres;
  /** A directory for this process alone, or a database in memory for null. */
  readonly pglite: (directory: string | null) => Promise<PgliteConnection>;
}

/** Everything that a command touches of the world around it, so that a test can stand in for it. */
export interface CliEnvironment {
  /** The working directory: the configuration is searched from here upward. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly isInteractive: boolean;
  readonly prompts: Prompts;
  /** How databases are opened. */
  readonly open: Openers;
  /** How a command is called here, for messages: `lockstep verify`, `pnpm db:verify`. */
  commandLine(command: string): string;
  /** Called for Postgres targets when a migration runs; answers what to connect to instead, null for the target itself. */
  readonly route?: (choice: Extract<DatabaseChoice, { kind: 'server' }>) => Promise<Route | null>;
  /** The database when neither options nor variables name one; null for none. */
  readonly defaultDatabase?: () => Promise<string | null>;
}

/** This process's. */
export function nodeEnvironment(overrides: Partial<CliEnvironment> = {}): CliEnvironment {
  const { stdin, stdout, stderr, env } = process;
  return {
    cwd: process.cwd(),
    env,
    stdout: outputOf(stdout),
    stderr: outputOf(stderr),
    isInteractive: stdin.isTTY === true && stderr.isTTY === true && !isSet(env.CI),
    prompts: nodePrompts,
    open: {
      postgres: connectPostgres,
      pglite: (directory) => (directory === null ? openPglite(null) : openEmbedded(directory)),
    },
    commandLine: (command) => `lockstep ${command}`,
    ...overrides,
  };
}

/** A variable that is there and says something else than no. */
export function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value);
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    isTerminal: stream.isTTY === true,
    ...(stream.columns === undefined ? {} : { columns: stream.columns }),
    write: (text) => void stream.write(text),
  };
}
