import type { Rule } from './rule.ts';
import * as addColumn from './rules/add-column.ts';
import * as columnType from './rules/column-type.ts';
import * as constraint from './rules/constraint.ts';
import * as drop from './rules/drop.ts';
import * as index from './rules/index.ts';
import * as names from './rules/names.ts';
import * as notNull from './rules/not-null.ts';
import * as rename from './rules/rename.ts';
import * as repeatable from './rules/repeatable.ts';
import * as rewrite from './rules/rewrite.ts';
import * as synced from './rules/synced.ts';
import * as table from './rules/table.ts';
import * as transaction from './rules/transaction.ts';
import * as trigger from './rules/trigger.ts';
import * as typeObjects from './rules/type-objects.ts';
import * as view from './rules/view.ts';

const FAMILIES = [
  addColumn,
  columnType,
  notNull,
  constraint,
  index,
  rewrite,
  drop,
  rename,
  typeObjects,
  trigger,
  view,
  table,
  transaction,
  names,
  synced,
  repeatable,
];

/** Every rule, in the order of the document. */
export const RULES: readonly Rule[] = FAMILIES.flatMap((family) =>
  Object.values(family).filter((value): value is Rule => typeof value === 'object' && 'subject' in value),
);

/** What the lint says of its own comments. They can't be ignored. */
export const META_RULES = ['ignore-without-reason', 'ignore-unknown-rule', 'ignore-unused'] as const;
