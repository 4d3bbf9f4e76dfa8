import type { OptionSpec } from './command.ts';

/** Options that every command has; `GlobalOptions` is what they become. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--database <url>',
    description: 'postgresql://…, file:directory or memory:; otherwise DATABASE_URL or the PG variables',
  },
  { flags: '--production', description: 'treat the target as production, whatever it looks like' },
  { flags: '--yes', description: 'answer yes to the question before a production target' },
  {
    flags: '--config <file>',
    description: 'lockstep.config.ts or drizzle.config.ts, if not found upward from here',
  },
  { flags: '--json', description: 'print one JSON document on stdout, everything else on stderr' },
];
