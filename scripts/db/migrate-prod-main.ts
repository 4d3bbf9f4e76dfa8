import { runCli } from '@lockstep/migrate/cli';
import { cliEnvironment } from './cli-environment.ts';

/** `pnpm migrate:prod` (E5): what is pending goes to the production database, `DATABASE_URL` of `.env.production`. */
process.exitCode = await runCli(['migrate', '--production', ...process.argv.slice(2)], cliEnvironment());
