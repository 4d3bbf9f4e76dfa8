import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Names and values of an environment. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What a `.env` file sets; nothing where there is none. */
export function readEnvFile(file: string): Variables {
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
}
