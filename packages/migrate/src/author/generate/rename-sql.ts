import { quoteIdentifier } from '@lockstep/protocol';
import type { Rename } from './item.ts';
import type { Snapshot } from './snapshot.ts';

/** The statements of a rename, as drizzle-kit writes them. `before` is the snapshot in which it still has its old name. */
export function renameStatements(before: Snapshot, { from, to }: Rename): readonly string[] {
  const renamed = from.name !== to.name;
  const moved = from.schema !== to.schema;
  const inSchema = (object: string) => [
    ...(moved
      ? [`ALTER ${object} ${qualified(from.schema, from.name)} SET SCHEMA ${quoteIdentifier(to.schema)};`]
      : []),
    ...(renamed
      ? [`ALTER ${object} ${qualified(to.schema, from.name)} RENAME TO ${quoteIdentifier(to.name)};`]
      : []),
  ];
  switch (from.kind) {
    case 'schema':
      return [`ALTER SCHEMA ${quoteIdentifier(from.name)} RENAME TO ${quoteIdentifier(to.name)};`];
    case 'role':
      return [`ALTER ROLE ${quoteIdentifier(from.name)} RENAME TO ${quoteIdentifier(to.name)};`];
    case 'enum':
      return inSchema('TYPE');
    case 'sequence':
      return inSchema('SEQUENCE');
    case 'view': {
      const view = before.views[`${from.schema}.${from.name}`];
      return inSchema(view?.materialized === true ? 'MATERIALIZED VIEW' : 'VIEW');
    }
    case 'table':
      return [
        ...(moved
          ? [`ALTER TABLE ${qualified(from.schema, from.name)} SET SCHEMA ${quoteIdentifier(to.schema)};`]
          : []),
        ...(renamed
          ? [`ALTER TABLE ${tableName(to.schema, from.name)} RENAME TO ${quoteIdentifier(to.name)};`]
          : []),
      ];
    case 'column':
      return [
        `ALTER TABLE ${tableName(from.schema, from.table ?? '')} RENAME COLUMN ${quoteIdentifier(from.name)} TO ${quoteIdentifier(to.name)};`,
      ];
    case 'policy':
      return [
        `ALTER POLICY ${quoteIdentifier(from.name)} ON ${policyTable(before, from)} RENAME TO ${quoteIdentifier(to.name)};`,
      ];
  }
}

function policyTable(before: Snapshot, from: Rename['from']): string {
  if (from.table !== null) return tableName(from.schema, from.table);
  // drizzle-kit keeps the table of a policy that stands by itself as SQL.
  return before.policies[from.name]?.on ?? '';
}

function qualified(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** drizzle-kit leaves `public` out for tables. */
function tableName(schema: string, name: string): string {
  return schema === 'public' ? quoteIdentifier(name) : qualified(schema, name);
}
