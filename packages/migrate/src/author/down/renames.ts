import { formatQualifiedName, quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import type { NamedObject } from './catalogue.ts';
import { alterTable, requireTable } from './ddl.ts';
import type { CatalogueMatch } from './match-catalogues.ts';
import type { Pairing } from './pairing.ts';

/** Gives everything its old name back: nothing is ever dropped and made anew for having another name. */
export function renameStatements(match: CatalogueMatch): readonly string[] {
  return [
    ...renameIn(
      match.schemas.pairs.map(({ before, after }) => ({ from: after.name, to: before.name })),
      [],
      (from, to) => `ALTER SCHEMA ${quoteIdentifier(from)} RENAME TO ${quoteIdentifier(to)}`,
    ),
    ...renameObjects(match, [
      { noun: 'TABLE', pairing: match.tables },
      { noun: 'INDEX', pairing: match.indexes },
      { noun: 'SEQUENCE', pairing: match.sequences },
      { noun: 'VIEW', pairing: viewsOf(match, false) },
      { noun: 'MATERIALIZED VIEW', pairing: viewsOf(match, true) },
    ]),
    ...renameObjects(match, [
      { noun: 'TYPE', pairing: withReplaced(match.enums) },
      { noun: 'DOMAIN', pairing: withReplaced(match.domains) },
    ]),
    ...match.routines.pairs
      .filter(({ before, after }) => before.name !== after.name)
      .map(({ before, after }) => `ALTER ${after.signature} RENAME TO ${quoteIdentifier(before.name)}`),
    ...match.tables.pairs.flatMap(({ before: table, columns }) =>
      renameIn(
        columns.pairs.map(({ before, after }) => ({ from: after.name, to: before.name })),
        [],
        (from, to) => alterTable(table, `RENAME COLUMN ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`),
      ),
    ),
    ...renameParts(match, match.constraints, (table, from, to) =>
      alterTable(table, `RENAME CONSTRAINT ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`),
    ),
    ...renameParts(match, match.triggers, (table, from, to) => renamePart('TRIGGER', table, from, to)),
    ...renameParts(match, match.policies, (table, from, to) => renamePart('POLICY', table, from, to)),
    ...match.enums.pairs.flatMap(({ before, after }) =>
      renameIn(
        after.labels.flatMap(({ oid, text }) => {
          const label = before.labels.find((candidate) => candidate.oid === oid);
          return label === undefined ? [] : [{ from: text, to: label.text }];
        }),
        after.labels.map(({ text }) => text),
        (from, to) =>
          `ALTER TYPE ${formatQualifiedName(before)} RENAME VALUE ${quoteLiteral(from)} TO ${quoteLiteral(to)}`,
      ),
    ),
  ];
}

/** What an object is called while its name is needed by another. */
export const TEMPORARY_PREFIX = 'lockstep_undone_';

interface Rename {
  readonly from: string;
  readonly to: string;
}

/** Renames within one namespace. Names may have changed places: one then steps aside first. */
function renameIn(
  wanted: readonly Rename[],
  occupied: readonly string[],
  statement: (from: string, to: string) => string,
): string[] {
  const statements: string[] = [];
  const taken = new Set([...occupied, ...wanted.map(({ from }) => from)]);
  let left = wanted.filter(({ from, to }) => from !== to);
  const rename = (from: string, to: string) => {
    statements.push(statement(from, to));
    taken.delete(from);
    taken.add(to);
  };
  while (left.length > 0) {
    const next = left.find(({ to }) => !taken.has(to));
    if (next !== undefined) {
      rename(next.from, next.to);
      left = left.filter((entry) => entry !== next);
      continue;
    }
    const [first, ...rest] = left as [Rename, ...Rename[]];
    const aside = `${TEMPORARY_PREFIX}${statements.length}`;
    rename(first.from, aside);
    left = [...rest, { from: aside, to: first.to }];
  }
  return statements;
}

interface Kind {
  readonly noun: string;
  readonly pairing: Pick<Pairing<NamedObject>, 'onlyAfter'> & {
    readonly pairs: readonly { readonly before: NamedObject; readonly after: NamedObject }[];
  };
}

/** Objects of one namespace: all relations of a schema, or all its types. Moves to their schema come first. */
function renameObjects(match: CatalogueMatch, kinds: readonly Kind[]): string[] {
  const schemaAfterRename = (name: string) =>
    match.schemas.pairs.find(({ after }) => after.name === name)?.before.name ?? name;
  const statements: string[] = [];
  const bySchema = new Map<string, { rename: Rename; noun: string }[]>();
  const occupied: string[] = [];
  for (const { noun, pairing } of kinds) {
    for (const { before, after } of pairing.pairs) {
      const schema = schemaAfterRename(after.schema);
      if (schema !== before.schema && noun !== 'INDEX') {
        const name = formatQualifiedName({ schema, name: after.name });
        statements.push(`ALTER ${noun} ${name} SET SCHEMA ${quoteIdentifier(before.schema)}`);
      }
      const list = bySchema.get(before.schema) ?? [];
      list.push({ rename: { from: after.name, to: before.name }, noun });
      bySchema.set(before.schema, list);
    }
  }
  for (const [schema, entries] of bySchema) {
    // A name that stepped aside is still of its kind.
    const nouns = new Map(entries.map(({ rename, noun }) => [rename.to, noun]));
    const byFrom = new Map(entries.map(({ rename, noun }) => [rename.from, noun]));
    statements.push(
      ...renameIn(
        entries.map(({ rename }) => rename),
        occupied,
        (from, to) => {
          const noun = byFrom.get(from) ?? nouns.get(to) ?? 'TABLE';
          byFrom.delete(from);
          byFrom.set(to, noun);
          return `ALTER ${noun} ${formatQualifiedName({ schema, name: from })} RENAME TO ${quoteIdentifier(to)}`;
        },
      ),
    );
  }
  return statements;
}

/** A type that goes, under the name of one that comes back, steps aside until no column has it any more. */
function withReplaced<T extends NamedObject>(pairing: Pairing<T>): Kind['pairing'] {
  const replaced = pairing.onlyAfter.filter((after) =>
    pairing.onlyBefore.some(({ schema, name }) => schema === after.schema && name === after.name),
  );
  return {
    onlyAfter: [],
    pairs: [
      ...pairing.pairs,
      ...replaced.map((after) => ({ before: { ...after, name: `${TEMPORARY_PREFIX}${after.name}` }, after })),
    ],
  };
}

function viewsOf(match: CatalogueMatch, isMaterialized: boolean): Kind['pairing'] {
  return {
    onlyAfter: [],
    pairs: match.views.pairs.filter(({ before }) => before.isMaterialized === isMaterialized),
  };
}

function renameParts<T extends { readonly table: number; readonly name: string }>(
  match: CatalogueMatch,
  pairing: Pairing<T>,
  statement: (table: NamedObject, from: string, to: string) => string,
): string[] {
  const tables = [...new Set(pairing.pairs.map(({ before }) => before.table))];
  return tables.flatMap((oid) =>
    renameIn(
      pairing.pairs
        .filter(({ before }) => before.table === oid)
        .map(({ before, after }) => ({ from: after.name, to: before.name })),
      [],
      (from, to) => statement(requireTable(match.before, oid), from, to),
    ),
  );
}

function renamePart(noun: string, table: NamedObject, from: string, to: string): string {
  return `ALTER ${noun} ${quoteIdentifier(from)} ON ${formatQualifiedName(table)} RENAME TO ${quoteIdentifier(to)}`;
}
