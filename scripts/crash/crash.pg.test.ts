import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRunner } from './build-runner.ts';
import { type ChainOptions, type ChainResult, readReference, runChain } from './chain.ts';
import { type CrashDatabases, pgliteDatabases, postgresDatabases } from './databases.ts';
import { demoHistory } from './history/demo.ts';
import { generateHistory } from './history/generate.ts';
import type { CrashHistory } from './history/history.ts';
import { createRandom } from './random.ts';
import type { Reference } from './reference.ts';

const isLong = process.env.LOCKSTEP_LONG === '1';
const SEED = Number(process.env.LOCKSTEP_SEED ?? 20_261_120);
const TIMEOUT_MS = isLong ? 7_200_000 : 900_000;
const KILLS_MIN = 300;

const root = mkdtempSync(join(tmpdir(), 'lockstep-crash-'));
const kills = { Postgres: 0, PGlite: 0 };
let wrong = 0;
let script: string;
let generated: CrashHistory;
let small: CrashHistory;

beforeAll(async () => {
  chmodSync(root, 0o755);
  script = await buildRunner(join(root, 'runner'));
  generated = await generateHistory(root, 'generated', SEED);
  small = await generateHistory(root, 'small', SEED + 1, ['transactional', 'concurrently', 'stepsProgram']);
}, TIMEOUT_MS);
afterAll(() => {
  const total = kills.Postgres + kills.PGlite;
  process.stdout.write(
    `crash: ${total} kills (Postgres ${kills.Postgres}, PGlite ${kills.PGlite}), ${wrong} wrong, seed ${SEED}\n`,
  );
  rmSync(root, { recursive: true, force: true });
});

type Engine = keyof typeof kills;
type Shares = Extract<ChainOptions['kill'], { kind: 'next' }>['shares'];

/** The shares of `pnpm test`; long, everything is killed at. */
const share = (shares: Shares): Shares =>
  isLong ? Object.fromEntries(Object.keys(shares).map((kind) => [kind, 1])) : shares;

/** Chains over one history, each on a database of its own. */
async function openLab(engine: Engine, databases: CrashDatabases, history: CrashHistory) {
  const name = `${engine}, ${history.name}`;
  const directory = join(root, name.replaceAll(/\W+/g, '-'));
  const base = { name, script, history };
  const reference: Reference = await readReference({ ...base, directory: join(directory, 'undisturbed') }, [
    await databases.make(),
    await databases.make(),
  ]);
  let chains = 0;
  const run = async (
    kill: ChainOptions['kill'],
    broken: ChainOptions['broken'] = null,
  ): Promise<ChainResult> => {
    chains += 1;
    const database = await databases.make();
    return runChain({ ...base, directory: join(directory, `${chains}`), database, reference, kill, broken });
  };
  return {
    async expectWell(kill: ChainOptions['kill']): Promise<void> {
      const result = await run(kill);
      kills[engine] += result.kills;
      wrong += result.wrong.length;
      expect(result.wrong).toEqual([]);
    },
    /** That a broken engine is caught. */
    async expectWrong(broken: NonNullable<ChainOptions['broken']>): Promise<void> {
      const result = await run({ kind: 'next', seed: SEED, shares: { answered: 0.7 } }, broken);
      expect(result.wrong, broken).toHaveLength(1);
    },
  };
}

const outside = (count: number): ChainOptions['kill'] => ({
  kind: 'outside',
  random: createRandom(SEED),
  kills: isLong ? count * 20 : count,
});

describe('C6: a process that is killed leaves N or N+1 migrations, and the next ones end as if nothing had been', () => {
  it.concurrent(
    'on Postgres, straight and through the migrations proxy',
    async () => {
      const straight = postgresDatabases(false);
      const proxied = postgresDatabases(true);
      try {
        const lab = await openLab('Postgres', straight, generated);
        const shares = share({ event: 0.1, before: 0.05, sent: 0.05, answered: 0.1, both: 1 });
        await lab.expectWell({ kind: 'next', seed: SEED, shares });
        await lab.expectWell(outside(12));
        for (const withRows of [false, true]) {
          const demo = await openLab('Postgres', proxied, await demoHistory(root, withRows));
          await demo.expectWell({
            kind: 'next',
            seed: SEED,
            shares: share({ event: 0.2, before: 0.1, sent: 0.1, answered: 0.15 }),
          });
        }
      } finally {
        await proxied.close();
        await straight.close();
      }
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'published failure: app killed during a migration, reopened, amcheck clean: on a PGlite directory',
    async () => {
      const databases = pgliteDatabases(join(root, 'pglite'));
      const lab = await openLab('PGlite', databases, generated);
      const shares = share({ event: 0.04, before: 0.03, answered: 0.04, write: 0.03 });
      await lab.expectWell({ kind: 'next', seed: SEED, shares });
      await lab.expectWell(outside(4));
      for (const withRows of [false, true]) {
        const demo = await openLab('PGlite', databases, await demoHistory(root, withRows));
        await demo.expectWell({
          kind: 'next',
          seed: SEED,
          shares: share({ event: 0.1, before: 0.1, answered: 0.15, write: 0.1 }),
        });
      }
      await databases.close();
    },
    TIMEOUT_MS,
  );

  it(`in at least ${KILLS_MIN} kills`, () => {
    expect(kills.Postgres + kills.PGlite).toBeGreaterThanOrEqual(KILLS_MIN);
  });
});

describe('control: caught is an engine', () => {
  it(
    'that writes its rows behind the transaction, and one that records nothing before a statement outside of any',
    async () => {
      const databases = postgresDatabases(false);
      try {
        const lab = await openLab('Postgres', databases, small);
        await lab.expectWrong('row-outside');
        await lab.expectWrong('no-intent');
      } finally {
        await databases.close();
      }
    },
    TIMEOUT_MS,
  );

  it(
    'on a PGlite directory too, and one that does not record how far a backfill is',
    async () => {
      const lab = await openLab('PGlite', pgliteDatabases(join(root, 'control')), small);
      await lab.expectWrong('row-outside');
      await lab.expectWrong('no-progress');
    },
    TIMEOUT_MS,
  );
});
