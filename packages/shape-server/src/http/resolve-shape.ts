import { defineShape, keyColumnsOf, type ShapeDefinition } from '../shape/definition.ts';
import type { Shape } from '../shape/shape.ts';
import { inspectTable } from '../source/catalogue.ts';
import type { Column, Table } from '../source/source.ts';
import { compileWhere } from '../where/compile.ts';
import type { ServeContext } from './context.ts';
import type { FieldErrors, ShapeRequest } from './params.ts';

const ALIASES_MAX = 100;

export type ResolvedShape =
  | { readonly kind: 'shape'; readonly shape: Shape; readonly columns: readonly Column[] }
  | { readonly kind: 'invalid'; readonly errors: FieldErrors }
  /** The table changed meanwhile: ask again. */
  | { readonly kind: 'stale' };

/** Finds or begins the shape that the request means on the table as it is now. */
export async function resolveShape(request: ShapeRequest, context: ServeContext): Promise<ResolvedShape> {
  const { schema, name } = request.table;
  const asOf = context.registry.tick();
  const table = await inspectTable(context.database, context.publication, schema, name);
  context.registry.retireStale(request.table, table, asOf);
  if (table === null) {
    const message = `Table "${schema}"."${name}" does not exist. If the table name contains capitals or special characters you must quote it.`;
    return { kind: 'invalid', errors: { table: [message] } };
  }
  if (table.isPartitioned) {
    const message = `Table "${schema}"."${name}" is partitioned, which this server does not support yet.`;
    return { kind: 'invalid', errors: { table: [message] } };
  }
  const definition = define(request, table);
  if ('errors' in definition) return { kind: 'invalid', errors: definition.errors };
  const found = context.registry.findOrCreate(definition, asOf);
  if (found === null) return { kind: 'stale' };
  const { shape, isNew } = found;
  if (isNew) {
    context.counters.shapesCreated += 1;
    context.start(shape);
  }
  if (shape.aliases.size < ALIASES_MAX) shape.aliases.add(request.spelling);
  return { kind: 'shape', shape, columns: definition.columns };
}

function define(request: ShapeRequest, table: Table): ShapeDefinition | { readonly errors: FieldErrors } {
  const columnsError = findColumnsError(request.columns, table);
  if (columnsError !== null) return { errors: { columns: [columnsError] } };
  const where = request.where === null ? null : compileWhere(request.where, request.params, table.columns);
  if (where?.kind === 'invalid') return { errors: { where: [where.message] } };
  return defineShape({
    table,
    columns: request.columns,
    where: where?.where ?? null,
    replica: request.replica,
    mode: request.mode,
  });
}

function findColumnsError(names: readonly string[] | null, table: Table): string | null {
  if (names !== null) {
    const missing = keyColumnsOf(table).filter((column) => !names.includes(column.name));
    if (missing.length > 0) {
      return `The list of columns must include all primary key columns, missing: ${listNames(missing)}`;
    }
    const known = new Set(table.columns.map((column) => column.name));
    // A name that is listed twice is not found the second time.
    const unknown = names.filter((name) => !known.delete(name));
    if (unknown.length > 0) {
      return `The following columns are not found on the table: ${unknown.join(', ')}`;
    }
  }
  const selected = table.columns.filter((column) => names?.includes(column.name) ?? true);
  const generated = selected.filter((column) => column.generated && !table.publishesGenerated);
  if (generated.length > 0) {
    return `The following columns are generated and cannot be included in the shape: ${listNames(generated)}`;
  }
  return null;
}

function listNames(columns: readonly Column[]): string {
  return columns.map((column) => column.name).join(', ');
}
