import { LockstepError } from '@lockstep/protocol';
import type { Plan, UnknownMigration } from './plan.ts';

/** Why a plan can't be carried out, or null when it can. */
export function planError(plan: Plan): LockstepError | null {
  switch (plan.kind) {
    case 'up-to-date':
    case 'pending':
      return null;
    case 'diverged':
      return edited(plan.edited);
    case 'ahead':
      return new LockstepError('MIGRATION_AHEAD', {
        message: `The database is newer than this build: it has ${names(plan.unknown)}.`,
        remedy: plan.unknown.every(({ kind }) => kind === 'unnamed')
          ? OTHER_HISTORY
          : plan.pending.length === 0
            ? 'Deploy the build that these migrations came with, or a newer one.'
            : `This build has others in their place (${plan.pending.join(', ')}): merge the two branches, then run again. ${SQUASHED}`,
        details: { unknown: plan.unknown, pending: plan.pending },
      });
    case 'gap':
      return new LockstepError('MIGRATION_GAP', {
        message:
          plan.missing.length > 0
            ? `Applied migrations are missing in this build: ${names(plan.missing)}.`
            : `The numbering of the migrations has a gap: ${plan.missingIndexes.join(', ')}.`,
        remedy:
          plan.missing.length > 0 && plan.missing.every(({ kind }) => kind === 'unnamed')
            ? OTHER_HISTORY
            : `Restore the missing files and their entries in meta/_journal.json, and compile again.${plan.missing.length > 0 ? ` ${SQUASHED}` : ''}`,
        details: { missing: plan.missing, missingIndexes: plan.missingIndexes },
      });
    case 'duplicate':
      return new LockstepError('MIGRATION_GAP', {
        message: `Several migrations have the same number or name: ${plan.tags.join(', ')}.`,
        remedy: 'Renumber the younger one (file and journal entry), and compile again.',
        details: { duplicate: plan.tags },
      });
  }
}

/** Otherwise their rows would have to be mended by hand. */
const SQUASHED =
  'If they were squashed into files of this build: `lockstep adopt --squashed`, once the database is at the end of what was squashed.';

/** Rows of Drizzle's table alone: a newer build wrote them, or another configuration that shares the table. */
const OTHER_HISTORY =
  "Drizzle's tracking table has them. If a newer build of this history wrote them, deploy that one. If they are of another history (two configurations share the table), give each a table of its own: `tracking: { schema, table }` here, `migrations: { schema, table }` in drizzle.config.ts.";

function edited(files: Extract<Plan, { kind: 'diverged' }>['edited']): LockstepError {
  const [first] = files;
  if (first?.statement !== undefined) {
    return new LockstepError('MIGRATION_EDITED', {
      message: `${first.tag} is applied up to a statement in its middle, and statement ${first.statement}, which was run, was changed since.`,
      remedy: 'Restore that statement; what comes behind those that were run may be corrected.',
      place: { file: `${first.tag}.sql`, statement: first.statement },
      details: { edited: files },
    });
  }
  return new LockstepError('MIGRATION_EDITED', {
    message: `${files.map((file) => file.tag).join(', ')} ${files.length === 1 ? 'was' : 'were'} changed after being applied.`,
    remedy: 'Restore the file (its line endings as well) and put the change into a new migration.',
    ...(first === undefined ? {} : { place: { file: `${first.tag}.sql` } }),
    details: { edited: files },
  });
}

function names(migrations: readonly UnknownMigration[]): string {
  return migrations
    .map((entry) => (entry.kind === 'named' ? entry.tag : `${entry.hash.slice(0, 12)}… of ${entry.when}`))
    .join(', ');
}
