import type { Checkout } from './checkout/checkout.ts';
import type { DatabaseChoice } from './database/choose-database.ts';
import type { DatabaseUse, OpenDatabase } from './database/database.ts';
import type { CliEnvironment } from './environment.ts';
import type { Io } from './io.ts';

/** Options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly production?: boolean;
  readonly database?: string;
  readonly config?: string;
}

/** What a command gets to work with. */
export interface CommandContext {
  readonly environment: CliEnvironment;
  readonly io: Io;
  readonly global: GlobalOptions;
  /** Positional arguments, in order. */
  readonly args: readonly string[];
  /** What a `passThrough` command hands on. */
  readonly rest: readonly string[];
  /** Read once, when first asked for. Raises CONFIG_INVALID. */
  checkout(): Promise<Checkout>;
  /** Which database `database` would open; null when nothing names one. Raises CONFIG_INVALID. */
  choice(): Promise<DatabaseChoice | null>;
  /** A path of the command line, made absolute. */
  absolute(path: string): string;
  /**
   * Opened once, when first asked for, and closed when the command ends. `use` is `migrate` for everything that runs
   * migrations (then the environment's route, e.g. the proxy, is taken) and `direct` otherwise; one of each at most.
   * Raises CONFIG_INVALID, POSTGRES_UNREACHABLE.
   */
  database(use?: DatabaseUse): Promise<OpenDatabase>;
  /**
   * On a production target: shows host and database and asks, unless told `--yes` or in CI. Returns elsewhere.
   * Raises CANCELLED when the answer is no, CONFIRMATION_MISSING where nobody can answer.
   */
  confirmProduction(database: OpenDatabase, action: string): Promise<void>;
  /** Raises PRODUCTION_REFUSED on a production target, and on one that was ever migrated as such, whatever flags say. */
  refuseProduction(database: OpenDatabase, action: string): Promise<void>;
}
