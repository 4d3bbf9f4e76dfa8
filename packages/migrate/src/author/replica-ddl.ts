import { formatQualifiedName, quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import type { ColumnInfo, EnumInfo, Introspection, TableInfo } from './introspection.ts';
import { alterEnum } from './replica-enum.ts';
import { alterReplicaTable, columnDefinition, keyDefinition } from './replica-table.ts';
import type { SchemaDiff } from './schema-diff.ts';

/**
 * The statements that take a replica from one version to the next: the server's columns, types, keys and plain indexes,
 * and nothing that enforces. None of them can fail on rows: what a type can't take becomes NULL until it is synced again.
 */
export function toReplicaDdl(diff: SchemaDiff): readonly string[] {
  const replaced = replacedEnums(diff);
  return [
    ...diff.droppedTables.map((table) => `DROP TABLE ${formatQualifiedName(table)}`),
    ...replaced.map(
      ({ before, aside }) => `ALTER TYPE ${formatQualifiedName(before)} RENAME TO ${quoteIdentifier(aside)}`,
    ),
    ...diff.keptEnums.flatMap(({ before, after }) => alterEnum(before, after)),
    ...newSchemas(diff),
    ...diff.createdEnums.map(createEnum),
    ...renameTables(diff),
    ...diff.keptTables.flatMap(alterReplicaTable),
    ...diff.createdTables.flatMap(createTable),
    ...diff.droppedEnums.map((type) => {
      const aside = replaced.find(({ before }) => before === type)?.aside ?? type.name;
      return `DROP TYPE ${formatQualifiedName({ schema: type.schema, name: aside })}`;
    }),
  ];
}

/** Enum types that were made anew under their name: the old one steps aside until no column has it. */
function replacedEnums(diff: SchemaDiff): readonly { readonly before: EnumInfo; readonly aside: string }[] {
  const names = new Set(
    [...diff.createdEnums, ...diff.keptEnums.map(({ after }) => after)].map(formatQualifiedName),
  );
  return diff.droppedEnums
    .filter((type) => names.has(formatQualifiedName(type)))
    .map((before) => ({ before, aside: `${before.name.slice(0, 50)}__replaced` }));
}

function newSchemas({ before, after }: SchemaDiff): readonly string[] {
  const schemasOf = ({ tables, enums }: Introspection) => [...tables, ...enums].map(({ schema }) => schema);
  const known = new Set(['public', ...schemasOf(before)]);
  return [...new Set(schemasOf(after))]
    .filter((schema) => !known.has(schema))
    .sort()
    .map((schema) => `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
}

function createEnum(type: EnumInfo): string {
  const labels = type.labels.map(({ text }) => quoteLiteral(text));
  return `CREATE TYPE ${formatQualifiedName(type)} AS ENUM (${labels.join(', ')})`;
}

function createTable(table: TableInfo): readonly string[] {
  const lines = table.columns.map((column: ColumnInfo) => columnDefinition(column, column.constantDefault));
  const key = keyDefinition(table);
  if (key !== null) lines.push(key);
  const create = `CREATE TABLE ${formatQualifiedName(table)} (\n  ${lines.join(',\n  ')}\n)`;
  return [create, ...table.indexes.map(({ definition }) => definition)];
}

/** Through a name of no table where two tables swap theirs. */
function renameTables(diff: SchemaDiff): readonly string[] {
  const renamed = diff.keptTables.filter(
    ({ before, after }) => before.name !== after.name || before.schema !== after.schema,
  );
  const taken = new Set(diff.keptTables.map(({ before }) => formatQualifiedName(before)));
  const first: string[] = [];
  const second: string[] = [];
  for (const [position, { before, after }] of renamed.entries()) {
    const isTaken = taken.has(formatQualifiedName(after)) || before.schema !== after.schema;
    const name = isTaken ? `__lockstep_${position}` : after.name;
    first.push(`ALTER TABLE ${formatQualifiedName(before)} RENAME TO ${quoteIdentifier(name)}`);
    if (!isTaken) continue;
    const moving = { schema: before.schema, name };
    if (before.schema !== after.schema) {
      second.push(`ALTER TABLE ${formatQualifiedName(moving)} SET SCHEMA ${quoteIdentifier(after.schema)}`);
    }
    second.push(
      `ALTER TABLE ${formatQualifiedName({ schema: after.schema, name })} RENAME TO ${quoteIdentifier(after.name)}`,
    );
  }
  return [...first, ...second];
}
