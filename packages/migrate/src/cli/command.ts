import type { CommandContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';

/** An option as commander takes it: `--to <tag>`, `-n, --name <name>`, `--drop <column...>`, `--no-backup`. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  /** The only values that it takes. */
  readonly choices?: readonly string[];
}

/** A positional argument as commander takes it: `<id>`, `[tag]`. */
export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
}

/** What a command answers: its exit code, and the one document that `--json` prints. */
export interface CommandResult {
  readonly exitCode: ExitCode;
  /** Serialisable; without secrets. People got the same through `io.out`. */
  readonly json: unknown;
}

export interface Command<Options extends object = Record<string, unknown>> {
  readonly name: string;
  readonly aliases: readonly string[];
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What more there is to know, for the command's own help. Paragraphs. */
  readonly description?: string;
  readonly arguments?: readonly ArgumentSpec[];
  /** Beside those that every command has (`GLOBAL_OPTIONS`). */
  readonly options: readonly OptionSpec[];
  /** Command lines without the program's name: `migrate --to 0003_notes`. */
  readonly examples?: readonly string[];
  /** Passes unknown options on in `context.rest`, for a command that wraps another tool. */
  readonly passThrough?: boolean;
  /**
   * Does it. Throws a LockstepError for what went wrong; answers an exit code for what a caller may handle.
   * `options` are commander's: `--to-tag x` is `toTag`, an option that wasn't given is absent.
   */
  run(context: CommandContext, options: Options): Promise<CommandResult>;
}

/** Keeps the options' type at the definition and drops it for the registry. */
export function defineCommand<Options extends object>(command: Command<Options>): Command {
  return command as unknown as Command;
}
