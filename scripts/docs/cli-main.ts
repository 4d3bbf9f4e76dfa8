import { readFile, writeFile } from 'node:fs/promises';
import { cliReference } from '@lockstep/migrate/cli';
import { runCommand } from '../fail.ts';
import { fromRoot } from '../root.ts';

const MARK = '<!-- generated: pnpm docs:cli -->';

/** `pnpm docs:cli`: the part of docs/cli.md that follows from the commands. */
await runCommand(async () => {
  const file = fromRoot('docs/cli.md');
  const [written = ''] = (await readFile(file, 'utf8')).split(MARK);
  await writeFile(file, `${written}${MARK}\n\n${cliReference()}\n`);
});
