import type { ReplicaMigration } from '@lockstep/protocol';
import type { LegacyRow } from './legacy.ts';

/** Which migrations older runners' rows speak of. Rows that fit none are reported and kept, never deleted. */
export interface LegacyMatch {
  readonly matched: readonly { readonly row: LegacyRow; readonly tag: string }[];
  readonly unmatched: readonly LegacyRow[];
}

/** By the file's hash first, then by name: `0001_triggers.sql`, `0001_triggers` and `triggers` are one. */
export function matchLegacy(
  rows: readonly LegacyRow[],
  migrations: readonly Pick<ReplicaMigration, 'tag' | 'hash'>[],
): LegacyMatch {
  const matched: { row: LegacyRow; tag: string }[] = [];
  const unmatched: LegacyRow[] = [];
  for (const row of rows) {
    const found =
      migrations.find(({ hash }) => row.hash !== null && hash === row.hash.toLowerCase()) ??
      migrations.find(({ tag }) => tag === bareName(row.name)) ??
      onlyOne(migrations.filter(({ tag }) => withoutNumber(tag) === withoutNumber(bareName(row.name))));
    if (found === undefined) unmatched.push(row);
    else matched.push({ row, tag: found.tag });
  }
  return { matched, unmatched };
}

/** A file's name without its folder and extension. */
function bareName(name: string): string {
  return (name.split(/[/\\]/).at(-1) ?? name).replace(/\.(sql|ts|js|mjs)$/, '');
}

function withoutNumber(name: string): string {
  return name.replace(/^\d+[-_]?/, '');
}

/** A name that two migrations share tells neither. */
function onlyOne<T>(candidates: readonly T[]): T | undefined {
  return candidates.length === 1 ? candidates[0] : undefined;
}
