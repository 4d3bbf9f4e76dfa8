import type { MigrationBundle } from '@lockstep/protocol';
import type { AppliedState } from '../../run/applied.ts';
import { type Plan, plan } from '../../run/plan.ts';

/** Where a migration stands in one database. */
export type AppliedStatus =
  /** `at`: milliseconds since 1970, null where Drizzle's migrator applied it. */
  | { readonly kind: 'applied'; readonly at: number | null; readonly durationMs: number | null }
  /** Interrupted: so many of its statements are done. */
  | { readonly kind: 'unfinished'; readonly step: number }
  | { readonly kind: 'pending'; readonly isOutOfOrder: boolean }
  /** Its file was changed after it was applied. */
  | { readonly kind: 'edited' };

/** What a database has of a history. */
export interface DatabaseStatus {
  readonly kind: Plan['kind'];
  readonly migrations: ReadonlyMap<string, AppliedStatus>;
  /** Applied there, and not in this history: tags, or hashes where only those are known. */
  readonly unknown: readonly string[];
}

/** Compares a history with what is applied, one migration at a time (B9). */
export function statusOf(bundle: MigrationBundle, applied: AppliedState): DatabaseStatus {
  const found = plan(bundle, applied);
  const pending = new Map(
    found.kind === 'pending' ? found.pending.map((entry) => [entry.migration.tag, entry]) : [],
  );
  const edited = new Set(found.kind === 'diverged' ? found.edited.map(({ tag }) => tag) : []);
  const rows = new Map(applied.migrations.map((row) => [row.hash + row.tag, row]));
  const byHash = new Map(applied.migrations.map((row) => [row.hash, row]));
  const drizzles = new Set(applied.drizzleOnly.map(({ hash }) => hash));
  const entries = bundle.migrations.map(({ tag, hash }): readonly [string, AppliedStatus] => {
    if (edited.has(tag)) return [tag, { kind: 'edited' }];
    const row = rows.get(hash + tag) ?? byHash.get(hash);
    if (row !== undefined && row.step !== null) return [tag, { kind: 'unfinished', step: row.step }];
    if (row !== undefined) return [tag, { kind: 'applied', at: row.appliedAt, durationMs: row.durationMs }];
    if (drizzles.has(hash)) return [tag, { kind: 'applied', at: null, durationMs: null }];
    return [tag, { kind: 'pending', isOutOfOrder: pending.get(tag)?.isOutOfOrder ?? false }];
  });
  return { kind: found.kind, migrations: new Map(entries), unknown: unknownOf(bundle, applied) };
}

function unknownOf(bundle: MigrationBundle, applied: AppliedState): readonly string[] {
  const hashes = new Set(bundle.migrations.map(({ hash }) => hash));
  const tags = new Set(bundle.migrations.map(({ tag }) => tag));
  return [
    ...applied.migrations.filter((row) => !hashes.has(row.hash) && !tags.has(row.tag)).map(({ tag }) => tag),
    ...applied.drizzleOnly.filter((row) => !hashes.has(row.hash)).map(({ hash }) => hash.slice(0, 12)),
  ];
}
