import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { amcheck } from '@electric-sql/pglite/contrib/amcheck';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkIntegrity } from '../operate/integrity/check-integrity.ts';
import { HISTORY, killRunnerAt, readHistoryState, readUndisturbedStates } from '../testing/kill.ts';
import type { Executor } from './executor/executor.ts';
import { pgliteExecutor } from './executor/pglite.ts';
import { runMigrations } from './run-migrations.ts';

const root = mkdtempSync(join(tmpdir(), 'lockstep-killed-'));
const empty = join(root, 'empty');
let states: string[];
const run = (executor: Executor, bundle = HISTORY) => runMigrations(executor, bundle, { target: 'embedded' });

/** Opens a directory, and closes it even when the body throws: an open PGlite keeps the process alive. */
async function withDirectory<T>(directory: string, body: (executor: Executor) => Promise<T>): Promise<T> {
  const db = await PGlite.create(directory, { extensions: { amcheck } });
  try {
    return await body(pgliteExecutor(db));
  } finally {
    await db.close();
  }
}

beforeAll(async () => {
  await withDirectory(empty, async () => undefined);
  cpSync(empty, join(root, 'undisturbed'), { recursive: true });
  states = await withDirectory(join(root, 'undisturbed'), (executor) =>
    readUndisturbedStates(executor, (bundle) => run(executor, bundle)),
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('C6: a process that is killed on a PGlite directory', () => {
  it.each([
    [6, 'statement 0001_name', 1],
    [7, 'alongside 0001_name', 1],
    [8, 'applied 0001_name', 2],
  ])(
    'published failure: killed during a migration at boundary %i (%s), it is at version %i, undamaged, and starts again well (daintree #7100)',
    async (stopAt, boundary, applied) => {
      const directory = join(root, `killed-${stopAt}`);
      cpSync(empty, directory, { recursive: true });
      expect(await killRunnerAt({ database: { kind: 'pglite', directory }, stopAt })).toBe(boundary);
      await withDirectory(directory, async (executor) => {
        expect(await checkIntegrity(executor, { level: 'full' })).toEqual({ findings: [], skipped: [] });
        expect(states.indexOf(await readHistoryState(executor))).toBe(applied);
        await run(executor);
        expect(await readHistoryState(executor)).toBe(states.at(-1));
      });
    },
  );
});
