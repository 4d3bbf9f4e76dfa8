import { runCommand } from '../fail.ts';
import { setup } from './setup.ts';

/** `pnpm db:setup`. */
await runCommand(() => setup(process.argv.slice(2)));
