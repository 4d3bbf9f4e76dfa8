import { formatTable } from '../table.ts';
import type { BenchResult } from './measure.ts';
import { benchMigrate } from './migrate.ts';

/** `pnpm bench <name> [--json]`. A new one is a file and a line here. */
const BENCHES: Readonly<Record<string, () => Promise<readonly BenchResult[]>>> = { migrate: benchMigrate };

const HEAD = ['case', 'ours', 'peer', 'ratio', 'goal', 'runs', 'spread'];

const [name = '', ...flags] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined) {
  process.stderr.write(`Usage: pnpm bench ${Object.keys(BENCHES).join('|')} [--json]\n`);
  process.exit(2);
}
const results = await bench();
process.stdout.write(
  flags.includes('--json')
    ? `${JSON.stringify(results, null, 2)}\n`
    : `${formatTable(HEAD, results.map(toRow))}\n`,
);

function toRow(result: BenchResult): string[] {
  const { ours, peer, peerName, unit, ratio, goal, runs, spread } = result;
  return [
    result.case,
    `${ours.toFixed(2)} ${unit}`,
    peer === null ? '' : `${peer.toFixed(2)} ${unit} (${peerName})`,
    `${ratio.toFixed(2)}${goal === undefined ? '' : ratio >= goal ? ' ok' : ' below the goal'}`,
    goal === undefined ? '' : goal.toFixed(2),
    String(runs),
    `${Math.round(spread * 100)} %`,
  ];
}
