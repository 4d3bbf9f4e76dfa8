import type { StashItem } from '@lockstep/protocol';
import type { Catalogue, Column, Table } from './catalogue.ts';
import type { CatalogueMatch } from './match-catalogues.ts';

/** What a migration loses where it is applied. `converts`: it has a USING, so no change of type keeps what was there. */
export function lostByApplying(match: CatalogueMatch, converts: boolean): StashItem[] {
  return [
    ...match.tables.onlyBefore.map(wholeTable),
    ...match.tables.pairs.flatMap(({ before, after, columns }) =>
      tableItem({
        from: { catalogue: match.before, table: before },
        to: { catalogue: match.after, table: after },
        pairs: columns.pairs.map((pair) => ({ from: pair.before, to: pair.after })),
        dropped: columns.onlyBefore,
        converts,
      }),
    ),
  ];
}

/** What undoing it loses; with a USING also what that would not make again of what undoing leaves. */
export function lostByUndoing(match: CatalogueMatch, converts: boolean): StashItem[] {
  return [
    ...match.tables.onlyAfter.map(wholeTable),
    ...match.tables.pairs.flatMap(({ before, after, columns }) =>
      tableItem({
        from: { catalogue: match.after, table: after },
        to: { catalogue: match.before, table: before },
        pairs: columns.pairs.map((pair) => ({ from: pair.after, to: pair.before })),
        dropped: columns.onlyAfter,
        converts,
      }),
    ),
  ];
}

interface Side {
  readonly catalogue: Catalogue;
  readonly table: Table;
}

interface Crossing {
  readonly from: Side;
  readonly to: Side;
  readonly pairs: readonly { readonly from: Column; readonly to: Column }[];
  readonly dropped: readonly Column[];
  readonly converts: boolean;
}

function wholeTable(table: Table): StashItem {
  const columns = table.columns.filter(holdsData).map((column) => stashColumn(column, null));
  return { from: nameOf(table), to: null, match: [], isKey: false, columns };
}

function tableItem({ from, to, pairs, dropped, converts }: Crossing): StashItem[] {
  const changed = pairs.filter(
    (pair) =>
      holdsData(pair.from) &&
      pair.from.type !== pair.to.type &&
      !(keepsEverything(pair.from, pair.to) && !converts),
  );
  const columns = [
    ...dropped.filter(holdsData).map((column) => stashColumn(column, null)),
    ...changed.map((pair) => stashColumn(pair.from, pair.to.name)),
  ];
  if (columns.length === 0) return [];
  const stable = pairs.filter((pair) => holdsData(pair.from) && !changed.includes(pair));
  const keyColumns = (side: Side, attnumOf: (pair: (typeof pairs)[number]) => number) => {
    const key = side.catalogue.constraints.find(
      ({ kind, table }) => kind === 'p' && table === side.table.oid,
    );
    if (key === undefined) return null;
    const found = key.attnums.map((attnum) => stable.find((pair) => attnumOf(pair) === attnum));
    return found.every((pair) => pair !== undefined) ? found : null;
  };
  const key = keyColumns(from, (pair) => pair.from.attnum) ?? keyColumns(to, (pair) => pair.to.attnum);
  return [
    {
      from: nameOf(from.table),
      to: nameOf(to.table),
      match: (key ?? stable).map((pair) => ({ from: pair.from.name, to: pair.to.name })),
      isKey: key !== null,
      columns,
    },
  ];
}

/** The values of a generated column follow from the others. */
function holdsData({ generated }: Column): boolean {
  return generated === null;
}

function stashColumn({ name, type, identity }: Column, to: string | null): StashItem['columns'][number] {
  return { from: name, to, type, identity };
}

function nameOf({ schema, name }: Table): { schema: string; name: string } {
  return { schema, name };
}

/** Types in whose text form nothing is lost, and which read it back the same in every session. */
const EXACT_AS_TEXT =
  /^(smallint|integer|bigint|numeric(\(\d+,\d+\))?|boolean|uuid|text|character varying(\(\d+\))?|json|jsonb)$/;
const INTEGERS = ['smallint', 'integer', 'bigint', 'numeric'];

function keepsEverything(from: Column, to: Column): boolean {
  if (to.type === 'text' || to.type === 'character varying') return EXACT_AS_TEXT.test(from.type);
  const [rank, wider] = [INTEGERS.indexOf(from.type), INTEGERS.indexOf(to.type)];
  if (rank >= 0 && wider > rank) return true;
  const [length, longer] = [lengthOf(from), lengthOf(to)];
  return length !== null && longer !== null && longer >= length;
}

function lengthOf({ type }: Column): number | null {
  const found = /^character varying\((\d+)\)$/.exec(type);
  return found === null ? null : Number(found[1]);
}
