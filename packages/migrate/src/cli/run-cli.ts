import { isLockstepError, LockstepError } from '@lockstep/protocol';
import { CommanderError } from 'commander';
import { buildProgram, type Invocation } from './build-program.ts';
import { createContext } from './create-context.ts';
import type { CliEnvironment } from './environment.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { describeFailure, failureJson } from './failure.ts';
import { foreignVerb } from './hints.ts';
import { createIo } from './io.ts';
import { isInterrupt } from './prompts.ts';

/**
 * Runs a command line, without the program's name: `['status', '--json']`. Answers the exit code (`EXIT`); throws
 * nothing. With `--json` stdout gets exactly one JSON document: the result, or the error as problem JSON.
 */
export async function runCli(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const isJson = argv.includes('--json') && !argv.slice(0, argv.indexOf('--json')).includes('--');
  const io = createIo(environment, isJson);
  const printJson = (value: unknown) => environment.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  const fail = (error: unknown) => {
    if (isInterrupt(error)) return EXIT.interrupted;
    const isOurs = isLockstepError(error);
    environment.stderr.write(`${describeFailure(error, io.paint)}\n`);
    if (isJson) printJson(failureJson(error));
    return isOurs ? exitCodeOf(error.code) : EXIT.failed;
  };
  try {
    const invocation = await parse(argv, environment);
    if (invocation === null) return EXIT.done;
    const { command, options, global, args, rest } = invocation;
    const scope = createContext(environment, io, global, args, rest);
    try {
      const result = await command.run(scope.context, options);
      if (isJson) printJson(result.json);
      return result.exitCode;
    } finally {
      await scope.close();
    }
  } catch (error) {
    return fail(error);
  }
}

/** Null where help or the version was asked for and shown. Raises USAGE. */
async function parse(argv: readonly string[], environment: CliEnvironment): Promise<Invocation | null> {
  // `migrate deploy` is Prisma's; ours would complain of an argument too many.
  const foreign = foreignVerb(argv.slice(0, 2));
  if (foreign !== null) throw foreign(environment);
  let invocation: Invocation | null = null;
  const program = buildProgram(environment, (found) => {
    invocation = found;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (isLockstepError(error)) throw error;
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === 'commander.help') return null;
    throw new LockstepError('USAGE', {
      message: capitalise(error.message.replace(/^error: /, '').split('\n')[0] ?? ''),
      remedy: `${suggestion(error.message)}\`${environment.commandLine('--help')}\` lists commands; \`--help\` after one its options.`,
    });
  }
  return invocation;
}

/** Commander's own "(Did you mean …?)", a line of its own there. */
function suggestion(message: string): string {
  const found = /\((Did you mean .*\?)\)/.exec(message)?.[1];
  return found === undefined ? '' : `${found} `;
}

function capitalise(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}
