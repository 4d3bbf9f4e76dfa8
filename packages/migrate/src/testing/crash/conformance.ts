import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrashEngine } from './engines.ts';
import { type CrashHistory, demoHistory, generatedHistory } from './histories.ts';
import { type CrashProcesses, prepareProcesses } from './process.ts';
import { type Relay, startRelay } from './relay.ts';
import { type CrashLab, choosePoints, countPoints, killAt, readUndisturbed } from './suite.ts';

const SEED = Number(process.env.LOCKSTEP_SEED ?? 20261120);

/**
 * C6: a process that is killed at any moment leaves one of the states of an undisturbed run, and the next run ends as
 * if nothing had happened. `kills` for each history; `pnpm test:long` kills at every point.
 */
export function crashConformance(
  name: string,
  make: () => Promise<CrashEngine>,
  options: { readonly kills: number; readonly killsLong: number; readonly isStepwise: readonly boolean[] },
): void {
  const isLong = process.env.LOCKSTEP_LONG === '1';
  const kills = isLong ? options.killsLong : options.kills;
  const timeout = isLong ? 1_800_000 : 300_000;
  describe(`processes that are killed on ${name}`, () => {
    let engine: CrashEngine;
    let processes: CrashProcesses;
    let relay: Relay | null = null;
    let total = 0;
    beforeAll(async () => {
      engine = await make();
      processes = await prepareProcesses();
      if (engine.database.kind === 'postgres') relay = await startRelay(engine.database.url);
    });
    afterAll(async () => {
      process.stdout.write(`${total} processes killed on ${name}\n`);
      await relay?.close();
      processes.close();
      await engine.close();
    });

    const histories: readonly [string, () => Promise<CrashHistory>][] = [
      ['the generated history', () => generatedHistory('applied')],
      ['the generated history with a failing end', () => generatedHistory('failed')],
      ["the repository's history", demoHistory],
    ];
    for (const [which, load] of histories) {
      for (const isStepwise of options.isStepwise) {
        it(
          `C6: ${which}${isStepwise ? ', a call for each statement' : ''}`,
          async () => {
            const lab: CrashLab = { engine, processes, history: await load(), relay, isStepwise };
            const undisturbed = await readUndisturbed(lab);
            const points = choosePoints(await countPoints(lab), kills, SEED);
            const wrong: string[] = [];
            for (const point of points) {
              const what = await killAt(lab, point, undisturbed);
              total += 1;
              if (what !== null) wrong.push(`${JSON.stringify(point)}: ${what}`);
            }
            expect(wrong).toEqual([]);
            expect(points.length).toBeGreaterThanOrEqual(Math.min(kills, 10));
          },
          timeout,
        );
      }
    }

    it(
      'control: tracking rows outside of the transaction are caught',
      async () => {
        const whole = await demoHistory();
        const history = { ...whole, migrations: whole.migrations.slice(0, 1) };
        const lab: CrashLab = { engine, processes, history, relay, isStepwise: true };
        const undisturbed = await readUndisturbed(lab);
        const broken = { ...lab, isBroken: true };
        const { calls } = await countPoints(broken);
        let caught = 0;
        // Between the commit and the rows: near the end.
        for (let at = calls - 1; at >= 0 && caught === 0; at -= 1) {
          if ((await killAt(broken, { kind: 'call', at }, undisturbed)) !== null) caught += 1;
        }
        expect(caught).toBe(1);
      },
      timeout,
    );
  });
}
