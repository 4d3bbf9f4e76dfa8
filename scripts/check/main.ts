import { spawnSync } from 'node:child_process';
import { runCommand } from '../fail.ts';
import { ROOT } from '../root.ts';
import { findWrongArrows } from './arrows.ts';
import { findDomainWords } from './domain-words.ts';
import { findStaleFiles } from './generated.ts';
import { readSourceFiles } from './source-files.ts';

type Check = () => readonly string[] | Promise<readonly string[]>;

/** `pnpm check`: everything short of tests. Each check answers what is wrong, a line each. */
const CHECKS: Readonly<Record<string, Check>> = {
  format: tool('biome', 'check', '--error-on-warnings', '.'),
  lint: tool('oxlint', '--type-aware', '--deny-warnings'),
  types: tool('turbo', 'run', 'types', '--output-logs=errors-only'),
  unused: tool('knip'),
  arrows: () => findWrongArrows(readSourceFiles(ROOT)),
  words: () => findDomainWords(readSourceFiles(ROOT)),
  generated: findStaleFiles,
};

await runCommand(async () => {
  let failures = 0;
  for (const [name, check] of Object.entries(CHECKS)) {
    const problems = await check();
    console.log(problems.length === 0 ? `ok    ${name}` : `wrong ${name}\n${problems.join('\n')}`);
    failures += problems.length === 0 ? 0 : 1;
  }
  return failures === 0 ? 0 : 1;
});

/** A program of `node_modules/.bin`: what it printed when it failed. */
function tool(command: string, ...args: string[]): Check {
  return () => {
    const run = spawnSync('node_modules/.bin/' + command, args, {
      cwd: ROOT,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    return run.status === 0 ? [] : [`${run.stdout}${run.stderr}${run.error?.message ?? ''}`.trim()];
  };
}
