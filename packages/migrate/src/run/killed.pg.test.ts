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
  it('leaves N or N+1 migrations at every boundary, and the next run ends as if nothing had happened', async () => {
    const boundaries: string[] = [];
    const left: number[] = [];
    const ends: string[] = [];
    for (let stopAt = 0; boundaries.at(-1) !== 'finished'; stopAt += 1) {
      await target.reset();
      boundaries.push(await kill(stopAt));
      left.push(states.indexOf(await readHistoryState(target.executor)));
      await run();
      ends.push(await readHistoryState(target.executor));
    }
    const perMigration = ['started', 'statement', 'statement', 'alongside', 'applied'];
    expect(boundaries.map((name) => name.split(' ')[0])).toEqual([
      'planned',
      ...HISTORY.migrations.flatMap(() => perMigration),
      'finished',
    ]);
    expect(new Set(ends)).toEqual(new Set(states.slice(-1)));
    expect(left).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]);
  });

  it('control: without transactions the same kill leaves a state that is neither', async () => {
    expect(await kill(3, true)).toBe('statement 0000_items');
    expect(states).not.toContain(await readHistoryState(target.executor));
  });
});
