import { LockstepError, type MigrationBundle } from '@lockstep/protocol';
import type { Adoption } from '../operate/adopt/adopt.ts';
import type { Executor } from './executor/executor.ts';
import type { RunFailure, RunOptions } from './run-options.ts';

const NO_DIFF = { missing: [], unexpected: [], different: [], apart: [] };

/**
 * Adopts a database without tracking rows where its structure proves a version (E1). Null when that is done, or when
 * there was nothing to adopt; otherwise what the run answers, with the database untouched.
 */
export async function adoptExact(
  executor: Executor,
  bundle: MigrationBundle,
  target: 'server' | 'embedded',
  { lease, clock, tracking }: RunOptions,
): Promise<RunFailure | null> {
  // Loaded here: few programs adopt, and the others needn't carry it.
  const { adopt } = await import('../operate/adopt/adopt.ts');
  const adoption = await adopt(executor, bundle, {
    target,
    ...(lease === undefined ? {} : { lease }),
    ...(clock === undefined ? {} : { clock }),
    ...(tracking === undefined ? {} : { tracking }),
  });
  if (adoption.kind !== 'unadoptable') return null;
  const { plan } = adoption;
  return {
    kind: 'unadoptable',
    diff: plan.kind === 'different' ? plan.diff : NO_DIFF,
    error: unadoptable(plan),
    version: null,
    migrations: bundle.migrations.map(({ tag }) => ({ tag, outcome: 'not-run', durationMs: 0 })),
  };
}

function unadoptable(plan: Extract<Adoption, { kind: 'unadoptable' }>['plan']): LockstepError {
  return new LockstepError('DATABASE_UNADOPTABLE', {
    message: describe(plan),
    remedy: '`lockstep adopt` shows what differs, and can repair it. Nothing was changed.',
    details: { plan },
  });
}

function describe(plan: Extract<Adoption, { kind: 'unadoptable' }>['plan']): string {
  switch (plan.kind) {
    case 'different':
      return `The database was not made by this history, and equals none of its versions; the nearest is ${plan.tag}.`;
    case 'ambiguous':
      return `The database was not made by this history, and equals several of its versions: ${plan.tags.join(', ')}.`;
    case 'unknown':
      return `The database was not made by this history, and what a server has after ${plan.tag} is not known.`;
  }
}
