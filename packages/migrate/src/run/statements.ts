import type { Migration, MigrationStatement, ReplicaMigration } from '@lockstep/protocol';
import type { TextPlace } from './sql-position.ts';
import type { Target } from './target.ts';

/** A statement of a migration as one target gets it. */
export interface TargetStatement
  extends Pick<MigrationStatement, 'sql' | 'kind' | 'transactional' | 'step' | 'alone' | 'settings'> {
  /** Where it begins in the migration's file; null for a derived statement. */
  readonly place: TextPlace | null;
}

/** Statements that are run together: in one transaction, or one alone outside of any. `first` counts from 1. */
export type Segment =
  | {
      readonly kind: 'transaction';
      readonly first: number;
      readonly statements: readonly TargetStatement[];
    }
  | { readonly kind: 'alone'; readonly first: number; readonly statements: readonly [TargetStatement] };

export function statementsFor(
  migration: Migration | ReplicaMigration,
  target: Target,
): readonly TargetStatement[] {
  if (target === 'replica') return migration.replica.statements.map(derived);
  return requireWhole(migration)[target].map((statement) => ({ ...statement, place: statement }));
}

/** The last segment is always a transaction (an empty one if need be): the tracking rows are written in it. */
export function toSegments(statements: readonly TargetStatement[], done: number): readonly Segment[] {
  const segments: Segment[] = [];
  let together: TargetStatement[] = [];
  let first = done + 1;
  const close = (next: number) => {
    if (together.length > 0) segments.push({ kind: 'transaction', first, statements: together });
    together = [];
    first = next;
  };
  for (const [index, statement] of statements.entries()) {
    if (index < done) continue;
    if (!statement.transactional) {
      close(index + 1);
      segments.push({ kind: 'alone', first: index + 1, statements: [statement] });
      first = index + 2;
      continue;
    }
    if (statement.step !== together.at(-1)?.step) close(index + 1);
    together.push(statement);
  }
  close(first);
  if (segments.at(-1)?.kind !== 'transaction') segments.push({ kind: 'transaction', first, statements: [] });
  return segments;
}

function derived(sql: string): TargetStatement {
  return { sql, place: null, kind: 'sql', transactional: true, step: 0 };
}

function requireWhole(migration: Migration | ReplicaMigration): Migration {
  if ('server' in migration) return migration;
  throw new TypeError(`${migration.tag} has replica statements only: it can't be applied to another target.`);
}
