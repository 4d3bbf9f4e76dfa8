import { quoteIdentifier } from '@lockstep/protocol';
import { tokenize } from '../../sql/token.ts';
import type { Snapshot } from './snapshot.ts';

/** Where a snapshot holds SQL that may name a column or a table. */
const TEXT_KEYS = new Set([
  'value',
  'where',
  'using',
  'withCheck',
  'definition',
  'expression',
  'default',
  'as',
]);

/**
 * Postgres follows a rename in stored expressions by itself. A text of the snapshot follows too where replacing the
 * quoted name makes it the very text that `after` has; any other text is left, and compared as changed.
 */
export function followTexts(before: Snapshot, after: Snapshot, from: string, to: string): Snapshot {
  return follow(before, after, (text, wanted) =>
    replaceQuoted(text, from, to) === wanted ? wanted : text,
  ) as Snapshot;
}

function follow(before: unknown, after: unknown, text: (from: string, wanted: string) => string): unknown {
  if (!isRecord(before) || !isRecord(after)) return before;
  if (Array.isArray(before)) return before.map((item, index) => follow(item, at(after, String(index)), text));
  return Object.fromEntries(
    Object.entries(before).map(([key, value]) => {
      const wanted = at(after, key);
      if (TEXT_KEYS.has(key) && typeof value === 'string' && typeof wanted === 'string')
        return [key, text(value, wanted)];
      return [key, follow(value, wanted, text)];
    }),
  );
}

function replaceQuoted(sql: string, from: string, to: string): string {
  const quoted = quoteIdentifier(from);
  let output = '';
  let copied = 0;
  for (const { kind, start, end } of tokenize(sql)) {
    if (kind !== 'quoted' || sql.slice(start, end) !== quoted) continue;
    output += sql.slice(copied, start) + quoteIdentifier(to);
    copied = end;
  }
  return output + sql.slice(copied);
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
