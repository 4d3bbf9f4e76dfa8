import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testBundle } from './bundle.ts';
import { connect } from './connect.ts';

export interface RunnerProcessOptions {
  readonly name: string;
  readonly url: string;
  readonly termMs: number;
  /** The event at which it stops as by SIGSTOP. */
  readonly freezeAt?: string;
}

/** Transactions around a statement outside of any; none can be run twice. */
export const CONCURRENT_HISTORY = testBundle([
  { tag: '0000_items', statements: ['CREATE TABLE items (id int)', 'SELECT pg_sleep(0.1)'] },
  { tag: '0001_rows', statements: ['INSERT INTO items VALUES (1)', 'SELECT pg_sleep(0.01)'] },
  {
    tag: '0002_index',
    statements: [
      {
        sql: 'CREATE INDEX CONCURRENTLY items_id ON items (id)',
        transactional: false,
        alone: { kind: 'create-index', table: { schema: null, name: 'items' }, name: 'items_id' },
      },
    ],
  },
  { tag: '0003_more', statements: ['INSERT INTO items VALUES (2)'] },
]);
const TAGS = CONCURRENT_HISTORY.migrations.map(({ tag }) => tag);

interface RunnerResult {
  readonly result: string;
  readonly code: string | null;
  readonly applied: readonly string[];
}

/** How runners come to a database: straight, or through a pooler. */
export interface RunnersTarget {
  /** Where the runners connect. */
  readonly url: string;
  /** Where the test looks, straight at Postgres. */
  readonly directUrl: string;
  close(): Promise<void>;
}

/** What concurrent runner processes promise, however they are connected. */
export function runnersConformance(name: string, open: () => Promise<RunnersTarget>): void {
  describe(`runner processes, ${name}`, () => {
    let target: RunnersTarget;
    let direct: pg.Client;
    const children: ChildProcess[] = [];
    const start = (options: Partial<RunnerProcessOptions> = {}) => {
      const process = startRunner({
        name: `r${children.length}`,
        url: target.url,
        termMs: 10_000,
        ...options,
      });
      children.push(process.child);
      return process;
    };
    const read = async (sql: string) => (await direct.query<Record<string, unknown>>(sql)).rows;
    const expectAllApplied = async () => {
      expect(await read('SELECT id FROM items ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
      expect(await read("SELECT indisvalid FROM pg_index WHERE indrelid = 'items'::regclass")).toEqual([
        { indisvalid: true },
      ]);
      expect(await read('SELECT tag FROM lockstep.migrations WHERE step IS NULL ORDER BY index')).toEqual(
        TAGS.map((tag) => ({ tag })),
      );
      expect(await read('SELECT FROM drizzle.__drizzle_migrations')).toHaveLength(TAGS.length);
    };

    beforeEach(async () => {
      target = await open();
      direct = await connect(target.directUrl);
    });
    afterEach(async () => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
      await direct.end();
      await target.close();
    });

    it.each([2, 10])(
      'C1: published failure: of %i runner processes at once one applies each migration, and none fails (drizzle #874)',
      async (count) => {
        const runners = Array.from({ length: count }, () => start());
        const results = await Promise.all(runners.map(({ result }) => result));
        expect(
          results.map(({ result, code }) => code ?? result).toSorted((a, b) => (a < b ? -1 : 1)),
        ).toEqual(['applied', ...Array.from({ length: count - 1 }, () => 'up-to-date')]);
        await expectAllApplied();
      },
    );

    it('C6: published failure: one that is killed strands no lock, also behind a pooler (authentik #23876, prisma #12999, #27636): its CONCURRENTLY build is left to its backend, and the next finds it done', async () => {
      const first = start({ termMs: 300 });
      await first.reached('applied 0001_rows');
      // A transaction that is older than the index keeps its build from ending.
      await direct.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM items');
      await first.reached('statement 0002_index');
      await waitForBuild(target.directUrl, 'Lock');
      first.child.kill('SIGKILL');
      const second = start({ termMs: 300 });
      await second.reached('waiting');
      // Several terms of the dead runner: the build is a sign of life.
      await expect(second.within('planned', 1200)).rejects.toThrow('not within');
      await direct.query('COMMIT');
      expect(await second.result).toEqual({ result: 'applied', code: null, applied: TAGS.slice(2) });
      await expectAllApplied();
    });

    it.each([
      ['inside a transaction', 'statement 0001_rows', TAGS.slice(1)],
      ['between two', 'applied 0001_rows', TAGS.slice(2)],
    ])('C6: one that is frozen %s loses the lease with its term', async (_, freezeAt, left) => {
      const first = start({ termMs: 500, freezeAt });
      await first.reached(freezeAt);
      const second = start({ termMs: 10_000 });
      expect(await second.result).toEqual({ result: 'applied', code: null, applied: left });
      await expectAllApplied();
      first.child.kill('SIGCONT');
      // It finds its connection gone, or its lease.
      const { result, code } = await first.result;
      expect([`lost`, 'failed MIGRATION_FAILED', 'failed MIGRATION_LEASE_LOST']).toContain(
        result === 'lost' ? result : `${result} ${code}`,
      );
      await expectAllApplied();
    });

    it('no waiter blocks inside SQL', async () => {
      const first = start({ termMs: 10_000, freezeAt: 'statement 0001_rows' });
      await first.reached('statement 0001_rows');
      const waiters = [start(), start()];
      await Promise.all(waiters.map((waiter) => waiter.reached('waiting')));
      const blocked = await read(
        `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(blocked).toEqual([]);
      first.child.kill('SIGCONT');
      await Promise.all([first, ...waiters].map(({ result }) => result));
      await expectAllApplied();
    });
  });
}

/** Until Postgres shows the marked statement, waiting for such an event. */
async function waitForBuild(url: string, waitEvent: string): Promise<void> {
  const client = await connect(url);
  try {
    await vi.waitFor(async () => {
      const { rowCount } = await client.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
           AND starts_with(query, '/* lockstep lease') AND wait_event_type = $1`,
        [waitEvent],
      );
      expect(rowCount).toBe(1);
    }, WAIT);
  } finally {
    await client.end();
  }
}

const WAIT = { timeout: 20_000, interval: 20 };

interface Runner {
  readonly child: ChildProcess;
  readonly result: Promise<RunnerResult>;
  /** Resolves when it told the event; rejects when it ended without. */
  reached(event: string): Promise<void>;
  within(event: string, ms: number): Promise<void>;
}

function startRunner(options: RunnerProcessOptions): Runner {
  const script = fileURLToPath(new URL('./runner-process.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--conditions=@lockstep/source', '--no-warnings', '--import', 'tsx', script, JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const told = new Set<string>();
  const listeners = new Set<() => void>();
  let isOver = false;
  const result = new Promise<RunnerResult>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const message = JSON.parse(line) as { event: string } | RunnerResult;
      if ('event' in message) told.add(message.event);
      else resolve(message);
      for (const listener of listeners) listener();
    });
    void once(child, 'exit').then(() => {
      isOver = true;
      for (const listener of listeners) listener();
      reject(new Error(`The runner ${options.name} ended without a result.`));
    });
  });
  // A killed one has none.
  result.catch(() => undefined);
  const reached = (event: string, ms: number | null) =>
    new Promise<void>((resolve, reject) => {
      const timer =
        ms === null ? null : setTimeout(() => reject(new Error(`${event}: not within ${ms} ms`)), ms);
      const look = () => {
        if (!told.has(event) && !isOver) return;
        if (timer !== null) clearTimeout(timer);
        listeners.delete(look);
        if (told.has(event)) resolve();
        else reject(new Error(`${options.name} ended before ${event}.`));
      };
      listeners.add(look);
      look();
    });
  return {
    child,
    result,
    reached: (event) => reached(event, null),
    within: (event, ms) => reached(event, ms),
  };
}
