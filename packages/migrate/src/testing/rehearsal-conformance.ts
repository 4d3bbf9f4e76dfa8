import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFacts } from '../operate/backup/target.ts';
import { formatRehearsal, type RehearsalTarget, rehearse } from '../operate/rehearsal/index.ts';
import type { Executor } from '../run/executor/executor.ts';
import { runMigrations } from '../run/run-migrations.ts';
import { testBundle } from './bundle.ts';

export interface RehearsalSubject {
  readonly target: RehearsalTarget;
  /** Of the original, for a moment: nobody may be connected while a copy is made. */
  within<T>(body: (executor: Executor) => Promise<T>): Promise<T>;
  /** What copies there are. */
  copies(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const HISTORY = testBundle([
  {
    tag: '0000_items',
    statements: [
      'CREATE TABLE items (id int PRIMARY KEY, name text)',
      "INSERT INTO items SELECT g, 'item ' || g FROM generate_series(1, 300) AS g",
    ],
  },
  {
    tag: '0001_notes',
    statements: [
      'CREATE TABLE notes (id int PRIMARY KEY, item int REFERENCES items)',
      'INSERT INTO notes SELECT id, id FROM items',
      'ALTER TABLE items ALTER id TYPE bigint',
      'DELETE FROM notes WHERE id > 100',
    ],
  },
]);
const FAILING = testBundle([
  ...HISTORY.migrations.map(({ tag, server }) => ({ tag, statements: server.map(({ sql }) => sql) })),
  {
    tag: '0002_unique',
    statements: ['UPDATE items SET name = NULL', 'ALTER TABLE items ALTER name SET NOT NULL'],
  },
  { tag: '0003_never', statements: ['CREATE TABLE never (id int)'] },
]);

/** What holds of a rehearsal whatever the engine. */
export function rehearsalConformance(name: string, open: () => Promise<RehearsalSubject>): void {
  describe(`C11: a rehearsal on ${name}`, () => {
    let subject: RehearsalSubject;
    const facts = () =>
      subject.within((executor) => executor.transaction((tx) => readFacts(tx, { withDigests: true })));
    beforeAll(async () => {
      subject = await open();
      const first = { migrations: HISTORY.migrations.slice(0, 1) };
      const target = subject.target.kind;
      await subject.within((executor) => runMigrations(executor, first, { target }));
    });
    afterAll(() => subject.close());

    it('tells durations, locks, rewrites, rows and log of each statement, and changes nothing of the original', async () => {
      const before = await facts();
      const report = await rehearse(subject.target, HISTORY);
      expect(await facts()).toEqual(before);
      expect(await subject.copies()).toEqual([]);

      expect(report).toMatchObject({ outcome: 'applied', error: null, others: [] });
      const [notes] = report.migrations;
      expect(notes).toMatchObject({
        tag: '0001_notes',
        outcome: 'applied',
        rows: [{ table: 'public.notes', before: null, after: 100 }],
      });
      const [create, insert, alter, remove] = notes?.statements ?? [];
      expect(create?.locks).toContainEqual({ table: 'items', mode: 'ShareRowExclusiveLock' });
      expect(insert).toMatchObject({ statement: 2, rewritten: [] });
      expect(insert?.walBytes).toBeGreaterThan(1000);
      expect(alter).toMatchObject({ rewritten: ['items'] });
      expect(alter?.locks).toContainEqual({ table: 'items', mode: 'AccessExclusiveLock' });
      expect(remove).toMatchObject({ statement: 4, rewritten: [] });
      expect(formatRehearsal(report)).toMatch(
        /3\. ALTER TABLE items ALTER id TYPE bigint\n.*AccessExclusiveLock on items.*rewrites items/,
      );
    });

    it('tells a failure with its statement, and drops the copy', async () => {
      const before = await facts();
      const report = await rehearse(subject.target, FAILING);
      expect(report).toMatchObject({
        outcome: 'failed',
        error: { code: 'MIGRATION_FAILED', place: { statement: 2 } },
        migrations: [
          { outcome: 'applied' },
          { tag: '0002_unique', outcome: 'failed' },
          { outcome: 'not-run' },
        ],
      });
      expect(await facts()).toEqual(before);
      expect(await subject.copies()).toEqual([]);
    });
  });
}
