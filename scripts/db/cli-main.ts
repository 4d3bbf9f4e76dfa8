import { runCli } from '@lockstep/migrate/cli';
import { cliEnvironment } from './cli-environment.ts';

/** `pnpm db:migrate`, `pnpm db:status` and so on: the command's name is the first argument. */
process.exitCode = await runCli(process.argv.slice(2), cliEnvironment());
