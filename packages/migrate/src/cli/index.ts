/** The command line, for programs that put something around it. Node only. */
export { type CliEnvironment, nodeEnvironment, type Output, type Route } from './environment.ts';
export type { Prompts } from './prompts.ts';
export { cliReference } from './reference.ts';
export { runCli } from './run-cli.ts';
