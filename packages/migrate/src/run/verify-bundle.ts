import { LockstepError, type Migration, type ReplicaMigration } from '@lockstep/protocol';
import { sealOf } from './seal.ts';
import { sha256 } from './sha256.ts';
import type { Target } from './target.ts';

/**
 * BUNDLE_INVALID when a bundle isn't what the compiler wrote: entries in another order, an edited hash or chain, edited
 * statements of the target; null for a whole one. An end that was cut off can't be seen in the bundle itself: then the
 * database is ahead of it, or stays at an older version.
 */
export function verifyBundle(
  migrations: readonly (Migration | ReplicaMigration)[],
  target: Target,
): LockstepError | null {
  let chain = '';
  for (const [position, migration] of migrations.entries()) {
    if (migration.index !== position) {
      return invalid(
        migration,
        `${migration.tag} is at position ${position} and has the number ${migration.index}`,
      );
    }
    chain = sha256(chain + migration.hash);
    if (migration.chain !== chain) {
      return invalid(
        migration,
        `the chain breaks at ${migration.tag}: what comes before it is not what it was compiled with`,
      );
    }
    if (!hasOwnStatements(migration, target)) {
      return invalid(migration, `the statements of ${migration.tag} are not those that were compiled`);
    }
  }
  return null;
}

function hasOwnStatements(migration: Migration | ReplicaMigration, target: Target): boolean {
  if (target === 'replica') {
    return migration.replica.hash === sha256(migration.replica.statements.join('\n'));
  }
  // A bundle that an older compiler wrote has no seal.
  if (!('server' in migration) || migration.seal === undefined) return true;
  return migration.seal === sealOf(migration);
}

function invalid({ tag }: ReplicaMigration, what: string): LockstepError {
  return new LockstepError('BUNDLE_INVALID', {
    message: `The bundle was truncated, reordered or edited: ${what}.`,
    remedy:
      'Nothing was run. Ship the bundle as the compiler wrote it (`db:compile`), in its order and whole.',
    details: { tag },
  });
}
