import { runCommand } from '../fail.ts';
import { compile } from './compile.ts';

/** `pnpm db:compile`. */
await runCommand(async () => {
  const files = await compile({ check: false });
  console.log(files.length === 0 ? 'The bundle is up to date.' : `Written: ${files.join(', ')}`);
});
