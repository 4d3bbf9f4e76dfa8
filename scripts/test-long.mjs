// `pnpm test:long [file…]`: the suites of `pnpm test` with LOCKSTEP_LONG=1, which makes the seeded ones long and print
// their counts. Without files, those that have a long form.
import { spawnSync } from 'node:child_process';

const SUITES = ['crash', '.prop.test.ts'];
const files = process.argv.slice(2);
const { status } = spawnSync('npx', ['vitest', 'run', ...(files.length > 0 ? files : SUITES)], {
  stdio: 'inherit',
  env: { ...process.env, LOCKSTEP_LONG: '1' },
});
process.exitCode = status ?? 1;
