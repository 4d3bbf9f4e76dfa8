import { createHash } from 'node:crypto';
import type { Checkout } from './checkout.ts';

interface Journal {
  readonly entries: {
    readonly idx: number;
    readonly version: string;
    readonly when: number;
    readonly tag: string;
    readonly breakpoints: boolean;
  }[];
}

interface Snapshot {
  readonly id: string;
  readonly prevId: string;
  readonly tables: Readonly<Record<string, unknown>>;
}

/**
 * Adds a rename that drizzle-kit would ask a person about: the SQL, the snapshot with the column renamed, the journal's entry.
 * The checkout's schema must have been edited to the new name.
 */
export function addRenameColumn(
  checkout: Checkout,
  rename: { readonly table: string; readonly from: string; readonly to: string },
): string {
  const journal = JSON.parse(checkout.read('drizzle/meta/_journal.json')) as Journal;
  const last = journal.entries.at(-1);
  if (last === undefined) throw new Error('The history is empty.');
  const index = last.idx + 1;
  const number = String(index).padStart(4, '0');
  const tag = `${number}_rename_${rename.from}`;
  const { table, from, to } = rename;
  checkout.write(`drizzle/${tag}.sql`, `ALTER TABLE "${table}" RENAME COLUMN "${from}" TO "${to}";`);
  const snapshot = JSON.parse(
    checkout.read(`drizzle/meta/${String(last.idx).padStart(4, '0')}_snapshot.json`),
  ) as Snapshot;
  const before = JSON.stringify(snapshot.tables[`public.${table}`]);
  const after = before.replaceAll(`"${from}"`, `"${to}"`).replaceAll(`\\"${from}\\"`, `\\"${to}\\"`);
  const tables = { ...snapshot.tables, [`public.${table}`]: JSON.parse(after) as unknown };
  const next = { ...snapshot, id: uuidOf(tag), prevId: snapshot.id, tables };
  checkout.write(`drizzle/meta/${number}_snapshot.json`, JSON.stringify(next, null, 2));
  const entries = [...journal.entries, { ...last, idx: index, when: last.when + 1, tag }];
  checkout.write('drizzle/meta/_journal.json', JSON.stringify({ ...journal, entries }, null, 2));
  return tag;
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
