import { LockstepError } from '@lockstep/protocol';
import type { RollbackObstacle } from './plan-rollback.ts';
import type { RollbackLoss } from './rollback-preview.ts';

/** Why nothing is undone. */
export function impossibleError(obstacles: readonly RollbackObstacle[]): LockstepError {
  const [first] = obstacles;
  return new LockstepError('ROLLBACK_IMPOSSIBLE', {
    message: obstacles.map(describeObstacle).join(' '),
    remedy: first === undefined ? 'Restore a backup.' : REMEDIES[first.kind],
    ...(first === undefined ? {} : { place: { file: `down/${first.tag}.sql` } }),
    details: { obstacles },
  });
}

/** In a sentence. */
export function describeObstacle(obstacle: RollbackObstacle): string {
  switch (obstacle.kind) {
    case 'unknown-target':
      return `${obstacle.tag} is not applied in this database.`;
    case 'no-down':
      return `${obstacle.tag} has no down.`;
    case 'no-program':
      return `${obstacle.tag} is a TypeScript migration, and its module is not at hand.`;
    case 'unfinished':
      return `${obstacle.tag} was interrupted and is applied in part.`;
    case 'altered':
      return `The stored entry of ${obstacle.tag} is not what was applied.`;
    case 'out-of-order':
      return `${obstacle.later} was applied after ${obstacle.tag}, though it comes before it.`;
    case 'drizzles-own':
      return "Drizzle's own migrator applied migrations here that this engine has no entries of.";
  }
}

const REMEDIES: Readonly<Record<RollbackObstacle['kind'], string>> = {
  'unknown-target': '`db:status` lists what is applied.',
  'no-down': 'Write the file and compile; or restore a backup, or rebuild the database in development.',
  'no-program': 'Roll back with the bundle that has it.',
  unfinished: 'Migrate first, which finishes it.',
  altered: 'Restore a backup: which statements undo it is not certain.',
  'out-of-order': 'Write a migration that undoes it; or rebuild the database in development.',
  'drizzles-own': 'Migrate once with the bundle at hand, which takes them over.',
};

/** Refused until it is said that the data may go. */
export function lossError(losses: readonly RollbackLoss[]): LockstepError {
  const [first] = losses;
  return new LockstepError('ROLLBACK_LOSES_DATA', {
    message: losses.map(describeLoss).join(' '),
    remedy: 'Say --accept-data-loss (`acceptLoss`) if it may go; or restore a backup instead.',
    ...(first === undefined ? {} : { place: { file: `down/${first.tag}.sql` } }),
    details: { losses },
  });
}

function describeLoss({ tag, kind, table, columns, rows }: RollbackLoss): string {
  const what = `${table} (${columns.join(', ')})`;
  if (kind === 'not-stashed') return `${tag}: what was in ${what} before it is not in the stash any more.`;
  return `${tag}: ${rows ?? 'all'} rows of ${what} would be lost, for the stash is switched off.`;
}
