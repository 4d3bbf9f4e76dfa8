/**
 * What a database consists of, as a flat map: an object's identity (`column public.items.name`) and its definition
 * (`text not null default ''::text`), both as Postgres writes them with an empty search path. Equal in text when it is
 * equal in meaning, on PGlite and on Postgres 15 to 18. Identities are sorted by code unit.
 */
export type Structure = Readonly<Record<string, string>>;

/** The kinds of objects: the first words of an identity. */
export const STRUCTURE_KINDS = [
  'schema',
  'extension version',
  'extension',
  'type',
  'sequence',
  'table',
  'column order',
  'column',
  'replica identity',
  'constraint',
  'index',
  'statistics',
  'view',
  'materialized view',
  'function',
  'trigger',
  'rule',
  'policy',
  'event trigger',
  'publication table',
  'publication schema',
  'publication',
  'foreign server',
  'collation',
  'operator',
  'cast',
  'text search configuration',
] as const;
export type StructureKind = (typeof STRUCTURE_KINDS)[number];

/**
 * Kept apart: a table whose columns stand in another order, and an extension of another version, are the same structure
 * to a fingerprint. A diff tells them in `apart`, for whoever wants to judge.
 */
const APART: ReadonlySet<StructureKind> = new Set(['column order', 'extension version']);

/** What kind of object an identity names. */
export function kindOf(identity: string): StructureKind {
  const kind = STRUCTURE_KINDS.find((candidate) => identity.startsWith(`${candidate} `));
  if (kind === undefined) throw new Error(`Assertion failed: "${identity}" names no object of a structure.`);
  return kind;
}

/** True for what a fingerprint leaves out. */
export function isApart(identity: string): boolean {
  return APART.has(kindOf(identity));
}

/** The name in an identity, as Postgres quotes it: `public.items.name`. */
export function nameOf(identity: string): string {
  return identity.slice(kindOf(identity).length + 1);
}

/** A structure of these entries, sorted. */
export function toStructure(entries: Iterable<readonly [string, string]>): Structure {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** Splits quoted names at a separator outside of quotes: `public."a.b"` at `.` is `public` and `"a.b"`. */
export function splitNames(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '"') isQuoted = !isQuoted;
    if (isQuoted || !text.startsWith(separator, index)) continue;
    parts.push(text.slice(start, index));
    start = index + separator.length;
  }
  return [...parts, text.slice(start)];
}
