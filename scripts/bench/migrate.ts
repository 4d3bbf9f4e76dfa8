import { rmSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { fingerprint, readStructure, requireMigrated, runMigrations } from '@lockstep/migrate';
import { lintFolder, planReport } from '@lockstep/migrate/node';
import { pgliteExecutor } from '@lockstep/migrate/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { type BenchResult, compared, median, timed, within } from './measure.ts';
import { type BenchHistory, createHistory } from './migrate-history.ts';

const LENGTHS = [10, 100, 500];
const RUNS = 5;
const IDLE_RUNS = 30;
/** First run: at most 1.5 times the single exec, at least twice as fast as Drizzle's. */
const EXEC_GOAL = 1 / 1.5;
const DRIZZLE_GOAL = 2;
const NOTHING_TO_DO_MS = 1;
const FINGERPRINT_TABLES = 200;
const FINGERPRINT_MS_MAX = 300;
const AUTHOR_FILES = 500;
const AUTHOR_MS_MAX = 2000;

type Contender = 'ours' | 'drizzle' | 'exec';

interface Times {
  readonly first: number[];
  readonly idle: number[];
}

/** Migrations on PGlite: ours, drizzle-orm's `migrate()`, and the same SQL as one exec, in turns on fresh databases. */
export async function benchMigrate(): Promise<readonly BenchResult[]> {
  const empty = await emptyDatabase();
  const results: BenchResult[] = [];
  for (const length of LENGTHS) {
    const history = createHistory(length);
    try {
      results.push(...(await benchHistory(history, length, empty)));
    } finally {
      rmSync(history.folder, { recursive: true });
    }
  }
  results.push(await benchFingerprint(empty), ...(await benchAuthor(empty)));
  return results;
}

async function benchHistory(
  history: BenchHistory,
  length: number,
  empty: Blob,
): Promise<readonly BenchResult[]> {
  const times: Record<Contender, Times> = {
    ours: { first: [], idle: [] },
    drizzle: { first: [], idle: [] },
    exec: { first: [], idle: [] },
  };
  // The first round warms the engine up and is left out.
  for (let run = 0; run <= RUNS; run += 1) {
    for (const contender of turns(run)) {
      const { first, idle } = await runOnce(contender, history, empty);
      if (run === 0) continue;
      times[contender].first.push(first);
      times[contender].idle.push(idle);
    }
  }
  const { ours, drizzle: drizzles, exec } = times;
  const select = { name: 'one SELECT + 1 ms', values: exec.idle.map((ms) => ms + NOTHING_TO_DO_MS) };
  return [
    compared(
      `${length} migrations, first run`,
      ours.first,
      { name: 'one exec', values: exec.first },
      EXEC_GOAL,
    ),
    compared(
      `${length} migrations, first run`,
      ours.first,
      { name: 'drizzle-orm', values: drizzles.first },
      DRIZZLE_GOAL,
    ),
    compared(`${length} migrations, nothing to do`, ours.idle, select, 1),
    compared(`${length} migrations, nothing to do`, ours.idle, {
      name: 'drizzle-orm',
      values: drizzles.idle,
    }),
  ];
}

/** Each begins as often as the others. */
function turns(run: number): readonly Contender[] {
  const all: readonly Contender[] = ['ours', 'drizzle', 'exec'];
  return [...all.slice(run % all.length), ...all.slice(0, run % all.length)];
}

async function runOnce(
  contender: Contender,
  { folder, bundle, sql }: BenchHistory,
  empty: Blob,
): Promise<{ readonly first: number; readonly idle: number }> {
  const db = await PGlite.create({ loadDataDir: empty });
  const executor = pgliteExecutor(db);
  const orm = drizzle({ client: db });
  const work: Record<Contender, { first: () => Promise<unknown>; idle: () => Promise<unknown> }> = {
    ours: {
      first: async () => requireMigrated(await runMigrations(executor, bundle, { target: 'embedded' })),
      idle: async () => requireMigrated(await runMigrations(executor, bundle, { target: 'embedded' })),
    },
    drizzle: {
      first: () => migrate(orm, { migrationsFolder: folder }),
      idle: () => migrate(orm, { migrationsFolder: folder }),
    },
    exec: { first: () => db.exec(sql), idle: () => db.query('SELECT count(*) FROM pg_class') },
  };
  try {
    const first = await timed(work[contender].first);
    const idle: number[] = [];
    for (let run = 0; run < IDLE_RUNS; run += 1) idle.push(await timed(work[contender].idle));
    return { first, idle: median(idle) };
  } finally {
    await db.close();
  }
}

async function benchFingerprint(empty: Blob): Promise<BenchResult> {
  const db = await PGlite.create({ loadDataDir: empty });
  try {
    await db.exec(createHistory(FINGERPRINT_TABLES * 5).sql);
    const times: number[] = [];
    for (let run = 0; run <= RUNS; run += 1) {
      const ms = await timed(async () => fingerprint(await readStructure(pgliteExecutor(db))));
      if (run > 0) times.push(ms);
    }
    return within(`fingerprint of ${FINGERPRINT_TABLES} tables`, times, FINGERPRINT_MS_MAX);
  } finally {
    await db.close();
  }
}

/** What a developer waits for: a look at a long history, and what it would do to the database at hand. */
async function benchAuthor(empty: Blob): Promise<readonly BenchResult[]> {
  const { folder, bundle } = createHistory(AUTHOR_FILES);
  const lint = (tags: readonly string[]) =>
    lintFolder({ folder, choice: { kind: 'tags', tags }, syncedTables: null });
  const tags = bundle.migrations.map(({ tag }) => tag);
  const db = await PGlite.create({ loadDataDir: empty });
  const times: { readonly lint: number[]; readonly plan: number[] } = { lint: [], plan: [] };
  try {
    for (let run = 0; run <= RUNS; run += 1) {
      const linted = await timed(() => lint(tags));
      const planned = await timed(() => planReport(pgliteExecutor(db), { bundle, lint }));
      if (run > 0) times.lint.push(linted);
      if (run > 0) times.plan.push(planned);
    }
  } finally {
    await db.close();
    rmSync(folder, { recursive: true });
  }
  return [
    within(`lint of ${AUTHOR_FILES} files`, times.lint, AUTHOR_MS_MAX),
    within(`plan of ${AUTHOR_FILES} files, lint included`, times.plan, AUTHOR_MS_MAX),
  ];
}

/** Creating one takes seconds; loading a copy much less. */
async function emptyDatabase(): Promise<Blob> {
  const db = await PGlite.create();
  try {
    return await db.dumpDataDir('none');
  } finally {
    await db.close();
  }
}
