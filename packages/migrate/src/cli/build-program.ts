import { Argument, Command as Commander, Option } from 'commander';
import type { Command, OptionSpec } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import type { GlobalOptions } from './context.ts';
import type { CliEnvironment } from './environment.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { hintsHelp, unknownCommand } from './hints.ts';

/** A command line, understood. */
export interface Invocation {
  readonly command: Command;
  readonly options: Record<string, unknown>;
  readonly global: GlobalOptions;
  readonly args: readonly string[];
  readonly rest: readonly string[];
}

/** The parser: throws a CommanderError for wrong usage, and for help once it is shown. */
export function buildProgram(
  environment: CliEnvironment,
  onFound: (invocation: Invocation) => void,
): Commander {
  const program = new Commander('lockstep');
  configure(program, environment)
    .description('Migrations for Postgres and PGlite: plan, apply, verify, roll back, back up.')
    .addHelpText('after', () => hintsHelp())
    .argument('[command]')
    .argument('[args...]')
    .allowUnknownOption()
    .allowExcessArguments()
    .action((name: string | undefined, args: string[]) => {
      if (name === undefined) return program.help();
      throw unknownCommand([name, ...args], COMMANDS, environment);
    });
  for (const command of COMMANDS) program.addCommand(buildCommand(command, environment, onFound));
  return program;
}

function buildCommand(
  command: Command,
  environment: CliEnvironment,
  onFound: (invocation: Invocation) => void,
): Commander {
  const built = configure(new Commander(command.name), environment)
    .aliases([...command.aliases])
    .summary(command.summary)
    .description([command.summary, command.description].filter(Boolean).join('\n\n'));
  for (const { name, description } of command.arguments ?? []) {
    built.addArgument(new Argument(name, description));
  }
  for (const spec of command.options) built.addOption(optionOf(spec));
  for (const spec of GLOBAL_OPTIONS) built.addOption(optionOf(spec));
  if (command.passThrough) built.allowUnknownOption().allowExcessArguments();
  const examples = command.examples ?? [];
  if (examples.length > 0) {
    const lines = examples.map((example) => `  ${environment.commandLine(example)}`);
    built.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  }
  return built.action(() => {
    const { json, yes, production, database, config, ...options } = built.opts<GlobalOptions>();
    const global = { json, yes, production, database, config } as GlobalOptions;
    onFound({ command, options, global, args: built.args, rest: command.passThrough ? built.args : [] });
  });
}

function configure(program: Commander, { stdout, stderr }: CliEnvironment): Commander {
  return program
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // The error is told once, by whoever catches it.
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    });
}

function optionOf({ flags, description, choices }: OptionSpec): Option {
  const option = new Option(flags, description);
  return choices === undefined ? option : option.choices(choices);
}
