import { existsSync } from 'node:fs';
import { fromRoot } from './root.ts';

/** Takes over what the file in the root says, if it is there. What is set already stays. */
export function loadEnvFile(name: '.env' | '.env.production'): void {
  const file = fromRoot(name);
  if (existsSync(file)) process.loadEnvFile(file);
}
