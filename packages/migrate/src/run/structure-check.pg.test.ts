import type { Migration } from '@lockstep/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPglite, openPostgres, type TestTarget } from '../testing/databases.ts';
import { openReplayLab } from '../testing/replay-lab.ts';
import type { RunEvent } from './events.ts';
import { runMigrations } from './run-migrations.ts';
import type { RunOptions } from './run-options.ts';

const FILES = [
  `CREATE TYPE level AS ENUM ('low', 'high');
   CREATE TABLE items (id int PRIMARY KEY, name text DEFAULT '', level level);
   CREATE INDEX items_name ON items (name);
   CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
   CREATE TRIGGER touch BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION touch();`,
  'CREATE TABLE IF NOT EXISTS notes (id int PRIMARY KEY, item int REFERENCES items);',
  'ALTER TABLE items RENAME TO things; CREATE VIEW named AS SELECT id, name FROM things WHERE name <> $$$$;',
];

let migrations: readonly Migration[];
beforeAll(async () => {
  const lab = await openReplayLab();
  migrations = await lab.compile(FILES);
  await lab.close();
});

describe.each([
  ['PGlite', 'embedded', openPglite],
  ['Postgres', 'server', openPostgres],
] as const)('the check after a run on %s', (_name, target, open) => {
  let db: TestTarget;
  let events: RunEvent[];
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    await db.reset();
    events = [];
  });

  const run = (count: number, options: Partial<RunOptions<'server' | 'embedded'>> = {}) =>
    runMigrations(
      db.executor,
      { migrations: migrations.slice(0, count) },
      { target, onEvent: (event) => events.push(event), ...options },
    );
  const drifts = () => events.flatMap((event) => (event.kind === 'drift' ? [event.diff] : []));

  it('finds what the compiler promised, at every version', async () => {
    for (const count of [1, 2, 3]) expect(await run(count)).toMatchObject({ kind: 'applied' });
    expect(drifts()).toEqual([]);
  });

  it('C4 what drifted before is told, and fails no run that has nothing to do with it', async () => {
    await run(1);
    await db.executor.exec(
      'ALTER TABLE items DISABLE TRIGGER touch, ALTER name DROP DEFAULT; CREATE INDEX mine ON items (level)',
    );
    expect(await run(3)).toMatchObject({ kind: 'applied' });
    expect(drifts()).toMatchObject([
      {
        missing: [],
        different: [{ identity: 'column public.items.name' }, { identity: 'trigger public.items.touch' }],
        unexpected: [{ identity: 'index public.mine' }],
      },
    ]);
  });

  it('C4 what a run damages rolls its last migration back', async () => {
    const damaging = {
      alongside: (tx: { exec(sql: string): Promise<void> }) => tx.exec('DROP INDEX items_name'),
    };
    const result = await run(1, damaging);
    expect(result).toMatchObject({
      kind: 'failed',
      version: null,
      error: {
        code: 'STRUCTURE_MISMATCH',
        message: expect.stringContaining('missing index public.items_name'),
      },
    });
    expect(await db.executor.query("SELECT to_regclass('items')::text AS found")).toEqual([{ found: null }]);
    expect(await run(1)).toMatchObject({ kind: 'applied' });
  });

  it('a table of that name in another form is never taken for the promised one', async () => {
    await run(1);
    await db.executor.exec('CREATE TABLE notes (id bigint PRIMARY KEY)');
    const result = await run(2);
    expect(result).toMatchObject({ kind: 'failed', version: { index: 0 } });
    expect(await run(2, { verify: 'off' })).toMatchObject({ kind: 'applied', version: { index: 1 } });
  });

  it('control: without a promise the same damage passes', async () => {
    const [first] = migrations;
    if (first === undefined) throw new Error('Nothing was compiled.');
    const { structure: _structure, ...older } = first;
    const alongside = (tx: { exec(sql: string): Promise<void> }) => tx.exec('DROP INDEX items_name');
    const result = await runMigrations(db.executor, { migrations: [older] }, { target, alongside });
    expect(result).toMatchObject({ kind: 'applied' });
  });
});
