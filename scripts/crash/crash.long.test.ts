import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRunner } from './build-runner.ts';
import type { ChainKill } from './chain.ts';
import { type CrashDatabases, pgliteDatabases, postgresDatabases } from './databases.ts';
import { demoHistory } from './history/demo.ts';
import { generateHistory } from './history/generate.ts';
import type { CrashHistory } from './history/history.ts';
import { openLab } from './lab.ts';
import { createRandom } from './random.ts';
import type { Breakage } from './runner/options.ts';

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
const straight = postgresDatabases(false);
const proxied = postgresDatabases(true);
let directories: CrashDatabases;

beforeAll(async () => {
  chmodSync(root, 0o755);
  script = await buildRunner(join(root, 'runner'));
  directories = pgliteDatabases(join(root, 'pglite'));
  generated = await generateHistory(root, 'generated', SEED);
  small = await generateHistory(root, 'small', SEED + 1, ['transactional', 'concurrently', 'stepsProgram']);
}, TIMEOUT_MS);
afterAll(async () => {
  const total = kills.Postgres + kills.PGlite;
  process.stdout.write(
    `crash: ${total} kills (Postgres ${kills.Postgres}, PGlite ${kills.PGlite}), ${wrong} wrong, seed ${SEED}\n`,
  );
  await Promise.all([straight.close(), proxied.close(), directories.close()]);
  rmSync(root, { recursive: true, force: true });
});

type Engine = keyof typeof kills;
type Shares = Extract<ChainKill, { kind: 'next' }>['shares'];

/** What is wrong after all these kills, each list on a database of its own. */
async function killAll(
  engine: Engine,
  databases: CrashDatabases,
  history: CrashHistory,
  all: readonly ChainKill[],
): Promise<readonly string[]> {
  const lab = await openLab({ name: engine, script, directory: root }, databases, history);
  const found: string[] = [];
  for (const kill of all) {
    const result = await lab.kill(kill);
    kills[engine] += result.kills;
    wrong += result.wrong.length;
    found.push(...result.wrong);
  }
  return found;
}

/** Where a kill shows what is broken. */
const WEAK_SPOTS: Readonly<Record<Breakage, string>> = {
  'row-outside': 'COMMIT',
  'no-intent': 'CONCURRENTLY',
  'no-progress': 'COMMIT',
};

/** What is found wrong first of an engine that is broken. */
async function killBroken(engine: Engine, databases: CrashDatabases, all: readonly Breakage[]) {
  const lab = await openLab({ name: `${engine}, broken`, script, directory: root }, databases, small);
  const found: string[] = [];
  for (const broken of all) {
    const only = WEAK_SPOTS[broken];
    const result = await lab.kill({ kind: 'next', seed: SEED, shares: { answered: 1 }, only }, broken);
    found.push(result.wrong.length > 0 ? broken : `${broken} was not caught`);
  }
  return found;
}

/** At boundaries of these shares; with `pnpm test:long` at each. */
const next = (shares: Shares): ChainKill => ({
  kind: 'next',
  seed: SEED,
  shares: isLong ? Object.fromEntries(Object.keys(shares).map((kind) => [kind, 1])) : shares,
});
const outside = (count: number): ChainKill => ({
  kind: 'outside',
  random: createRandom(SEED),
  kills: isLong ? count * 20 : count,
});

describe('C6: a process that is killed leaves N or N+1 migrations, and the next ones end as if nothing had been', () => {
  it.concurrent(
    'on Postgres, straight and through the migrations proxy',
    async () => {
      const shares = { event: 0.12, before: 0.045, sent: 0.045, answered: 0.1, both: 1 };
      expect(await killAll('Postgres', straight, generated, [next(shares), outside(12)])).toEqual([]);
      const more = { event: 0.15, before: 0.075, sent: 0.075, answered: 0.15 };
      expect(await killAll('Postgres', proxied, await demoHistory(root, false), [next(more)])).toEqual([]);
      expect(await killAll('Postgres', proxied, await demoHistory(root, true), [next(more)])).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'published failure: app killed during a migration, reopened, amcheck clean (daintree #7100): on a PGlite directory',
    async () => {
      const shares = { event: 0.1, before: 0.012, answered: 0.02, write: 0.1 };
      expect(await killAll('PGlite', directories, generated, [next(shares), outside(4)])).toEqual([]);
      const more = { event: 0.1, before: 0.03, answered: 0.04, write: 0.1 };
      expect(await killAll('PGlite', directories, await demoHistory(root, false), [next(more)])).toEqual([]);
      expect(await killAll('PGlite', directories, await demoHistory(root, true), [next(more)])).toEqual([]);
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
      const all: readonly Breakage[] = ['row-outside', 'no-intent'];
      expect(await killBroken('Postgres', straight, all)).toEqual(all);
    },
    TIMEOUT_MS,
  );

  it(
    'on a PGlite directory too, and one that does not record how far a backfill is',
    async () => {
      const all: readonly Breakage[] = ['row-outside', 'no-progress'];
      expect(await killBroken('PGlite', directories, all)).toEqual(all);
    },
    TIMEOUT_MS,
  );
});
