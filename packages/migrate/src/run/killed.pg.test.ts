import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPostgres, type TestTarget } from '../testing/databases.ts';
import { HISTORY, killRunnerAt, readHistoryState, readUndisturbedStates } from '../testing/kill.ts';
import { runMigrations } from './run-migrations.ts';

let target: TestTarget;
let states: string[];
const run = (bundle = HISTORY) =>
  runMigrations(target.executor, bundle, { target: 'server', lease: { pollMs: 20 } });
const kill = (stopAt: number, isBroken = false) =>
  killRunnerAt({ database: { kind: 'postgres', url: target.url ?? '' }, stopAt, isBroken });

beforeAll(async () => {
  target = await openPostgres();
  states = await readUndisturbedStates(target.executor, run);
});
beforeEach(() => target.reset());
afterAll(() => target.close());

describe('C6: a runner that is killed on Postgres', () => {
  // The second migration at each of its boundaries, and the moments before and after everything.
  const BOUNDARIES = [
    { stopAt: 0, name: 'planned', left: 0 },
    { stopAt: 6, name: 'started 0001_name', left: 1 },
    { stopAt: 7, name: 'statement 0001_name', left: 1 },
    { stopAt: 8, name: 'statement 0001_name', left: 1 },
    { stopAt: 9, name: 'alongside 0001_name', left: 1 },
    { stopAt: 10, name: 'applied 0001_name', left: 2 },
    { stopAt: 11, name: 'finished', left: 2 },
  ];

  it.each(BOUNDARIES)(
    'at boundary $stopAt ($name) leaves $left migrations, and the next run ends as if nothing had happened',
    async ({ stopAt, name, left }) => {
      expect(await kill(stopAt)).toBe(name);
      expect(states.indexOf(await readHistoryState(target.executor))).toBe(left);
      await run();
      expect(await readHistoryState(target.executor)).toBe(states.at(-1));
    },
  );

  it('control: without transactions the same kill leaves a state that is neither', async () => {
    expect(await kill(3, true)).toBe('statement 0000_items');
    expect(states).not.toContain(await readHistoryState(target.executor));
  });
});
