import type { MigrationBundle } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { runMigrations } from '../../run/run-migrations.ts';
import type { RunOptions, RunResult } from '../../run/run-options.ts';
import { type DatabaseFacts, readFacts } from '../backup/target.ts';
import { diffContents } from '../contents.ts';
import { withConnection } from '../with-database.ts';
import { makeCopy, type RehearsalTarget } from './copy.ts';
import { observe } from './observe.ts';
import type { RehearsalReport } from './report.ts';

export type RehearsalOptions = Pick<RunOptions, 'guards' | 'stash' | 'tracking' | 'lease' | 'clock'>;

/**
 * Runs the pending migrations on a copy of a database, and reports what each statement took, locked and rewrote (C11).
 * The original is read only: what it is afterwards is compared with what it was. The copy goes, also after a failure,
 * which is part of the report. Raises REHEARSAL_IMPOSSIBLE when no copy can be made.
 */
export async function rehearse(
  target: RehearsalTarget,
  bundle: MigrationBundle,
  options: RehearsalOptions = {},
): Promise<RehearsalReport> {
  const before = await factsOf(target);
  const startedAt = performance.now();
  const copy = await makeCopy(target);
  const copied = { kind: copy.kind, durationMs: Math.round(performance.now() - startedAt) };
  try {
    const kind = target.kind;
    const observation = observe(copy.executor, bundle.migrations, kind);
    const result = await runMigrations(observation.executor, bundle, {
      ...options,
      target: kind,
      guards: [observation.guard, ...(options.guards ?? [])],
      onEvent: observation.onEvent,
    });
    return {
      copy: copied,
      outcome: result.kind,
      error: errorOf(result),
      migrations: result.migrations.map((outcome) => ({
        ...outcome,
        statements: observation.statementsOf(outcome.tag),
        rows: observation.rowsOf(outcome.tag),
      })),
      others: requireUntouched(before, await factsOf(target)),
    };
  } finally {
    await copy.drop();
  }
}

function errorOf(result: RunResult): RehearsalReport['error'] {
  return 'error' in result ? result.error : null;
}

function factsOf(target: RehearsalTarget): Promise<DatabaseFacts> {
  const read = (executor: Executor) => executor.transaction((tx) => readFacts(tx, { withDigests: false }));
  if (target.kind === 'embedded') return read(target.executor);
  return withConnection(target.url, ({ executor }) => read(executor));
}

/** Asserts that the original has the structure and the migrations that it had; answers what others wrote meanwhile. */
function requireUntouched(before: DatabaseFacts, after: DatabaseFacts): readonly string[] {
  if (before.fingerprint !== after.fingerprint || before.version?.chain !== after.version?.chain) {
    throw new Error('Assertion failed: the original changed while its copy was migrated.');
  }
  return diffContents(before.contents, after.contents);
}
