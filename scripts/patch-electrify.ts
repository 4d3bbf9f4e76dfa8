import { electrify } from './db/electrify.ts';
import { runCommand } from './fail.ts';

/** `pnpm db:electrify [--check]`. */
await runCommand(() => electrify({ check: process.argv.includes('--check') }));
