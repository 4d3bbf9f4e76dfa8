import type {
  Catalogue,
  Column,
  Constraint,
  DefinedObject,
  EnumType,
  Index,
  Routine,
  Sequence,
  Table,
  TablePart,
  Trigger,
  View,
} from './catalogue.ts';
import { type Pairing, pairBy, pairObjects } from './pairing.ts';

export interface TablePair {
  readonly before: Table;
  readonly after: Table;
  readonly columns: Pairing<Column>;
}

/** Two states of a database, object beside object. */
export interface CatalogueMatch {
  readonly before: Catalogue;
  readonly after: Catalogue;
  readonly schemas: Pairing<Catalogue['schemas'][number]>;
  readonly enums: Pairing<EnumType>;
  readonly domains: Pairing<DefinedObject>;
  readonly sequences: Pairing<Sequence>;
  readonly tables: Omit<Pairing<Table>, 'pairs'> & { readonly pairs: readonly TablePair[] };
  readonly constraints: Pairing<Constraint>;
  readonly indexes: Pairing<Index>;
  readonly triggers: Pairing<Trigger>;
  readonly policies: Pairing<TablePart>;
  readonly views: Pairing<View>;
  readonly routines: Pairing<Routine>;
}

export function matchCatalogues(before: Catalogue, after: Catalogue): CatalogueMatch {
  const tables = pairObjects(before.tables, after.tables);
  return {
    before,
    after,
    schemas: pairObjects(before.schemas, after.schemas),
    enums: pairObjects(before.enums, after.enums),
    domains: pairObjects(before.domains, after.domains),
    sequences: pairObjects(before.sequences, after.sequences),
    tables: {
      ...tables,
      pairs: tables.pairs.map((pair) => ({
        ...pair,
        columns: pairBy(pair.before.columns, pair.after.columns, columnIdentity),
      })),
    },
    constraints: pairObjects(before.constraints, after.constraints, partLikeness),
    indexes: pairObjects(before.indexes, after.indexes, partLikeness),
    triggers: pairObjects(before.triggers, after.triggers, partLikeness),
    policies: pairObjects(before.policies, after.policies, partLikeness),
    views: pairObjects(before.views, after.views, definedLikeness),
    routines: pairObjects(before.routines, after.routines, ({ definition }) => definition),
  };
}

/** A generated column with another expression is another column: its values follow from the rest of the row. */
function columnIdentity({ attnum, generated, default: expression }: Column): string {
  return generated === null ? String(attnum) : `${attnum} ${generated} ${expression ?? ''}`;
}

function partLikeness({ table, name, definition }: TablePart): string {
  return JSON.stringify([table, name, definition]);
}

function definedLikeness({ schema, name, definition }: DefinedObject): string {
  return JSON.stringify([schema, name, definition]);
}
