import { runCommand } from '../fail.ts';
import { generate } from './generate.ts';

/** `pnpm db:generate`. */
await runCommand(() => generate(process.argv.slice(2)));
