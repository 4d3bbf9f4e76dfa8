import { spawnSync } from 'node:child_process';
import { LockstepError } from '@lockstep/protocol';
import { runCommand } from '../fail.ts';
import { ROOT } from '../root.ts';
import { findWrongArrows } from './arrows.ts';
import { findDomainWords } from './domain-words.ts';
import { readSourceFiles } from './source-files.ts';

type Check = () => readonly string[] | Promise<readonly string[]>;

/** Everything short of tests. Each check answers what is wrong, a line each. */
const CHECKS: Readonly<Record<string, Check>> = {
  format: tool('biome', 'check', '--error-on-warnings', '.'),
  lint: tool('oxlint', '--type-aware', '--deny-warnings'),
  types: tool('turbo', 'run', 'types', '--output-logs=errors-only'),
  unused: tool('knip'),
  arrows: () => findWrongArrows(readSourceFiles(ROOT)),
  words: () => findDomainWords(readSourceFiles(ROOT)),
  // Imported late: it loads the schema and the SQL parser, which the others don't need.
  migrations: async () => (await import('./migrations.ts')).findHazards(),
  generated: async () => (await import('./generated.ts')).findStaleFiles(),
};

/** `pnpm check`, or only some: `pnpm check lint unused`. */
await runCommand(async () => {
  let failures = 0;
  for (const [name, check] of chosen(process.argv.slice(2))) {
    const startedMs = performance.now();
    const problems = await check();
    const seconds = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
    if (problems.length === 0) console.log(`ok    ${name.padEnd(10)} ${seconds}`);
    else console.log(`wrong ${name.padEnd(10)} ${seconds}\n${problems.join('\n')}`);
    failures += problems.length === 0 ? 0 : 1;
  }
  return failures === 0 ? 0 : 1;
});

function chosen(names: readonly string[]): readonly [string, Check][] {
  const unknown = names.find((name) => CHECKS[name] === undefined);
  if (unknown !== undefined) {
    throw new LockstepError('CONFIG_INVALID', {
      message: `There is no check called ${unknown}.`,
      remedy: `Name one or more of ${Object.keys(CHECKS).join(', ')}, or none for all.`,
    });
  }
  return Object.entries(CHECKS).filter(([name]) => names.length === 0 || names.includes(name));
}

/** A program of `node_modules/.bin`: what it printed when it failed. */
function tool(command: string, ...args: string[]): Check {
  return () => {
    const run = spawnSync(`node_modules/.bin/${command}`, args, {
      cwd: ROOT,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    return run.status === 0 ? [] : [`${run.stdout}${run.stderr}${run.error?.message ?? ''}`.trim()];
  };
}
