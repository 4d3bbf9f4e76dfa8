import type { ClientSchema, ColumnFact, TableFact } from '@lockstep/protocol';
import { validators as all, type validators, type WritableTable } from '@org/core';
import * as schema from '@org/core/schema';
import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { type PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { z } from 'zod';
import { policyFor, type TablePolicy } from './policy.ts';

/** A table as this build's code knows it. */
export interface KnownTable {
  /** The validator's property for each column, by the column's name. */
  readonly properties: ReadonlyMap<string, string>;
  readonly columns: ReadonlyMap<string, PgColumn>;
  readonly policy: TablePolicy;
  /** Null for a table that clients don't write. */
  readonly validators: { readonly insert: z.ZodObject; readonly update: z.ZodObject } | null;
}

const KNOWN: ReadonlyMap<string, KnownTable> = new Map(
  (Object.values(schema) as unknown[])
    .filter((value): value is PgTable => is(value, PgTable))
    .map((table) => [getTableName(table), toKnownTable(table)]),
);

export function knownTable(name: string): KnownTable | undefined {
  return KNOWN.get(name);
}

function toKnownTable(table: PgTable): KnownTable {
  const columns = Object.entries(getTableColumns(table)) as [string, PgColumn][];
  return {
    properties: new Map(columns.map(([property, column]) => [column.name, property])),
    columns: new Map(columns.map(([, column]) => [column.name, column])),
    policy: policyFor(table),
    validators: validatorsOf(getTableName(table)),
  };
}

function validatorsOf(name: string): (typeof validators)[WritableTable] | null {
  return Object.hasOwn(all, name) ? all[name as WritableTable] : null;
}

/**
 * Columns of this build's code that the applied schema has no longer, or has with another type: Postgres alone judges
 * their values then, so that this build goes on serving clients of the next one.
 */
export function outdatedColumns(known: KnownTable, applied: TableFact, schema: ClientSchema): Set<string> {
  const facts = new Map(applied.columns.map((column) => [column.name, column]));
  return new Set(
    [...known.columns]
      .filter(([name, column]) => !agrees(column, facts.get(name), schema))
      .map(([name]) => name),
  );
}

function agrees(column: PgColumn, fact: ColumnFact | undefined, { types }: ClientSchema): boolean {
  if (fact === undefined || plainType(fact.type) !== plainType(column.getSQLType())) return false;
  const labels = types.find((type) => type.name === plainType(fact.type))?.labels;
  return labels === undefined || labels.join() === (column.enumValues ?? []).join();
}

/** `public."Mood"`, `"Mood"` and `Mood` are one; so are `varchar( 20 )` and `character varying(20)`. */
function plainType(type: string): string {
  return type
    .replaceAll(/["\s]/g, '')
    .replace(/^public\./, '')
    .replace(/^varchar/, 'charactervarying')
    .replace(/^timestamptz/, 'timestampwithtimezone');
}
