import type { Migration } from '@lockstep/protocol';
import type { RunEvent } from '../../run/events.ts';
import type { Executor } from '../../run/executor/executor.ts';
import type { MigrationGuard } from '../../run/guard.ts';
import { statementsFor } from '../../run/statements.ts';
import { type Contents, readContents } from '../contents.ts';
import type { HeldLock, RehearsedStatement, RowsChanged } from './report.ts';

/** Watches a run on a copy: give `executor`, `onEvent` and `guard` to it, and read afterwards what was seen. */
export interface Observation {
  readonly executor: Executor;
  readonly guard: MigrationGuard;
  onEvent(event: RunEvent): void;
  statementsOf(tag: string): readonly RehearsedStatement[];
  rowsOf(tag: string): readonly RowsChanged[];
}

interface Expected {
  readonly tag: string;
  readonly statement: number;
  readonly sql: string;
}

const SQL_CHARS_MAX = 100;

export function observe(
  executor: Executor,
  migrations: readonly Migration[],
  target: 'server' | 'embedded',
): Observation {
  const statements = new Map<string, RehearsedStatement[]>();
  const rows = new Map<string, readonly RowsChanged[]>();
  const byTag = new Map(migrations.map((migration) => [migration.tag, migration]));
  let next: Expected | null = null;
  /** Locks that an earlier statement of the transaction took. */
  let held = new Set<string>();
  let before: Contents = {};

  const measure = async (
    on: Executor,
    expected: Expected,
    run: () => Promise<void>,
    isInTransaction: boolean,
  ) => {
    const start = await look(on);
    const startedAt = performance.now();
    await run();
    const durationMs = Math.round(performance.now() - startedAt);
    const end = await look(on);
    const locks = isInTransaction ? newLocks(end.locks, held) : null;
    for (const { table, mode } of end.locks) held.add(`${table} ${mode}`);
    const list = statements.get(expected.tag) ?? [];
    list.push({
      statement: expected.statement,
      sql: firstLine(expected.sql),
      durationMs,
      locks,
      rewritten: [...start.files].flatMap(([oid, { file }]) => {
        const now = end.files.get(oid);
        return now !== undefined && now.file !== file ? [now.name] : [];
      }),
      walBytes: end.lsn - start.lsn,
    });
    statements.set(expected.tag, list);
  };
  const wrap = (inner: Executor, isInTransaction: boolean): Executor => ({
    ...inner,
    // Statement by statement, so that each can be told from the next.
    capabilities: { ...inner.capabilities, isInProcess: false },
    async exec(sql) {
      const expected = next;
      if (expected === null || !sql.endsWith(expected.sql)) return inner.exec(sql);
      next = null;
      return measure(inner, expected, () => inner.exec(sql), isInTransaction);
    },
    transaction(body) {
      if (!isInTransaction) held = new Set();
      return inner.transaction((tx) => body(wrap(tx, true)));
    },
  });
  return {
    executor: wrap(executor, false),
    guard: {
      async before(tx) {
        before = await readContents(tx, { withDigests: false });
      },
      async after(tx, { tag }) {
        rows.set(tag, changesOf(before, await readContents(tx, { withDigests: false })));
      },
    },
    onEvent(event) {
      if (event.kind !== 'statement') return;
      const migration = byTag.get(event.tag);
      if (migration === undefined || migration.program !== null) return;
      const sql = statementsFor(migration, target)[event.statement - 1]?.sql;
      next = sql === undefined ? null : { tag: event.tag, statement: event.statement, sql };
    },
    statementsOf: (tag) => statements.get(tag) ?? [],
    rowsOf: (tag) => rows.get(tag) ?? [],
  };
}

interface Look {
  readonly lsn: number;
  readonly files: ReadonlyMap<string, { readonly name: string; readonly file: string }>;
  readonly locks: readonly HeldLock[];
}

const NOT_OURS = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'lockstep', 'drizzle', 'electric')`;

async function look(executor: Executor): Promise<Look> {
  const files = await executor.query<{ oid: string; name: string; file: string }>(
    `SELECT c.oid::text AS oid, c.oid::regclass::text AS name, coalesce(pg_relation_filenode(c.oid), 0)::text AS file
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm') AND ${NOT_OURS}`,
  );
  const locks = await executor.query<{ table: string; mode: string }>(
    `SELECT DISTINCT c.oid::regclass::text AS table, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
     JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p', 'm', 'v') AND ${NOT_OURS}
     ORDER BY 1, 2`,
  );
  const [row] = await executor.query<{ lsn: string }>(
    "SELECT (pg_current_wal_insert_lsn() - '0/0')::text AS lsn",
  );
  return {
    lsn: Number(row?.lsn ?? 0),
    files: new Map(files.map(({ oid, name, file }) => [oid, { name, file }])),
    locks,
  };
}

/** Weakest first (the manual, 13.3.1). */
const MODES = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
];

/** The strongest of each table that wasn't held before. */
function newLocks(locks: readonly HeldLock[], held: ReadonlySet<string>): readonly HeldLock[] {
  const strongest = new Map<string, HeldLock>();
  for (const lock of locks) {
    if (held.has(`${lock.table} ${lock.mode}`)) continue;
    const known = strongest.get(lock.table);
    if (known === undefined || MODES.indexOf(known.mode) < MODES.indexOf(lock.mode)) {
      strongest.set(lock.table, lock);
    }
  }
  return [...strongest.values()];
}

function changesOf(before: Contents, after: Contents): readonly RowsChanged[] {
  const tables = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return tables.flatMap((table) => {
    const change = { table, before: before[table]?.rows ?? null, after: after[table]?.rows ?? null };
    const isOurs = /^(lockstep|drizzle|electric)\./.test(table);
    return isOurs || change.before === change.after ? [] : [change];
  });
}

function firstLine(sql: string): string {
  const line = sql.trim().replace(/\s+/g, ' ');
  return line.length > SQL_CHARS_MAX ? `${line.slice(0, SQL_CHARS_MAX)}…` : line;
}
