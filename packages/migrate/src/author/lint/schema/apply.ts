import type { Node } from 'libpg-query';
import type { ClassifiedStatement } from '../../../sql/classify.ts';
import { alterTable, moveType, rename, renameRelation } from './apply-alter.ts';
import { createIndex, createTable } from './apply-create.ts';
import { dropObjects } from './apply-drop.ts';
import { findTable, keyOf, keyOfParts, type Routine, type Schema, type View } from './schema.ts';
import { nameParts, typeRef } from './type-ref.ts';

/** Parse nodes by their names; each is what `libpg-query` calls it. */
export type NodeMap = { readonly [Name in NodeName]?: Extract<Node, Record<Name, unknown>>[Name] };
type NodeName = Node extends infer Each ? (Each extends Each ? keyof Each : never) : never;

/** Moves the schema past a statement of `file`. What code does inside of DO blocks and calls isn't seen. */
export function applyStatement(schema: Schema, statement: ClassifiedStatement, file: string): void {
  const { electric, tree } = statement;
  if (electric !== null) {
    const table = schema.tables.get(`${electric.table.schema ?? schema.searchPath}.${electric.table.name}`);
    if (table !== undefined) table.isSynced = electric.kind === 'enable-electric';
    return;
  }
  if (tree !== null) applyNode(schema, tree.node as NodeMap, statement.text, file);
}

function applyNode(schema: Schema, node: NodeMap, sql: string, file: string): void {
  if (node.CreateStmt !== undefined) createTable(schema, node.CreateStmt, file);
  else if (node.AlterTableStmt !== undefined) alterTable(schema, node.AlterTableStmt);
  else if (node.IndexStmt !== undefined) createIndex(schema, node.IndexStmt);
  else if (node.DropStmt !== undefined) dropObjects(schema, node.DropStmt);
  else if (node.RenameStmt !== undefined) rename(schema, node.RenameStmt);
  else if (node.CreateTrigStmt !== undefined) {
    const { trigname = '', relation } = node.CreateTrigStmt;
    findTable(schema, relation)?.triggers.set(trigname, { CreateTrigStmt: node.CreateTrigStmt });
  } else if (node.CreatePolicyStmt !== undefined) {
    const { policy_name: name = '', table } = node.CreatePolicyStmt;
    findTable(schema, table)?.policies.add(name);
  } else if (node.CreateEnumStmt !== undefined) {
    const parts = nameParts(node.CreateEnumStmt.typeName);
    const key = keyOfParts(schema, parts);
    const labels = [...nameParts(node.CreateEnumStmt.vals)];
    schema.enums.set(key, { ...homeOf(key), labels, file });
  } else if (node.AlterEnumStmt !== undefined) alterEnum(schema, node.AlterEnumStmt);
  else if (node.CreateDomainStmt !== undefined) {
    const { domainname, typeName, constraints = [] } = node.CreateDomainStmt;
    const key = keyOfParts(schema, nameParts(domainname));
    const type = typeRef(typeName, schema.searchPath);
    const base = schema.domains.get(type.name);
    const isConstrained = constraints.some(isDomainCheck) || base?.isConstrained === true;
    schema.domains.set(key, { ...homeOf(key), type, isConstrained });
  } else if (node.AlterDomainStmt !== undefined) {
    const domain = schema.domains.get(keyOfParts(schema, nameParts(node.AlterDomainStmt.typeName)));
    if (domain !== undefined && 'CO'.includes(node.AlterDomainStmt.subtype ?? ''))
      domain.isConstrained = true;
  } else if (node.CreateFunctionStmt !== undefined) {
    const routine = readRoutine(schema, node.CreateFunctionStmt, sql);
    schema.routines.set(`${routine.schema}.${routine.name}`, routine);
  } else applyOther(schema, node, sql, file);
}

function applyOther(schema: Schema, node: NodeMap, sql: string, file: string): void {
  if (node.ViewStmt !== undefined) {
    const { view, aliases = [], query } = node.ViewStmt;
    const key = keyOf(schema, view);
    const columns = aliases.length > 0 ? nameParts(aliases) : outputColumns(schema, query);
    schema.views.set(key, {
      ...homeOf(key),
      isMaterialized: false,
      query: query ?? null,
      sql,
      columns,
      file,
    });
  } else if (node.CreateTableAsStmt !== undefined) {
    const { into, query, objtype } = node.CreateTableAsStmt;
    const key = keyOf(schema, into?.rel);
    const columns = outputColumns(schema, query);
    if (objtype === 'OBJECT_MATVIEW') {
      schema.views.set(key, {
        ...homeOf(key),
        isMaterialized: true,
        query: query ?? null,
        sql,
        columns,
        file,
      });
    } else {
      createTable(schema, into?.rel === undefined ? {} : { relation: into.rel }, file);
    }
  } else if (node.CreateSeqStmt !== undefined) {
    schema.sequences.add(keyOf(schema, node.CreateSeqStmt.sequence));
  } else if (node.AlterObjectSchemaStmt !== undefined) {
    const { objectType, relation, newschema = '', object } = node.AlterObjectSchemaStmt;
    const { List } = (object ?? {}) as { List?: { items?: Node[] } };
    const from =
      relation === undefined ? keyOfParts(schema, nameParts(List?.items)) : keyOf(schema, relation);
    const to = `${newschema}.${from.slice(from.indexOf('.') + 1)}`;
    if (objectType === 'OBJECT_TYPE' || objectType === 'OBJECT_DOMAIN') moveType(schema, from, to);
    else if (relation !== undefined) renameRelation(schema, from, to);
  } else if (node.VariableSetStmt?.name === 'search_path') {
    const [first] = node.VariableSetStmt.args ?? [];
    const { A_Const } = (first ?? {}) as { A_Const?: { sval?: { sval?: string } } };
    schema.searchPath = A_Const?.sval?.sval ?? 'public';
  } else if (node.CreateSchemaStmt !== undefined) {
    for (const element of node.CreateSchemaStmt.schemaElts ?? [])
      applyNode(schema, element as NodeMap, sql, file);
  }
}

function homeOf(key: string): { schema: string; name: string } {
  return { schema: key.slice(0, key.indexOf('.')), name: key.slice(key.indexOf('.') + 1) };
}

function isDomainCheck(node: Node): boolean {
  const { Constraint } = node as { Constraint?: { contype?: string } };
  return Constraint?.contype === 'CONSTR_CHECK' || Constraint?.contype === 'CONSTR_NOTNULL';
}

function alterEnum(schema: Schema, node: NonNullable<NodeMap['AlterEnumStmt']>): void {
  const labels = schema.enums.get(keyOfParts(schema, nameParts(node.typeName)))?.labels;
  if (labels === undefined || node.newVal === undefined) return;
  if (node.oldVal !== undefined) {
    const at = labels.indexOf(node.oldVal);
    if (at >= 0) labels[at] = node.newVal;
    return;
  }
  if (labels.includes(node.newVal)) return;
  const neighbor = node.newValNeighbor === undefined ? -1 : labels.indexOf(node.newValNeighbor);
  if (neighbor < 0) labels.push(node.newVal);
  else labels.splice(node.newValIsAfter === true ? neighbor + 1 : neighbor, 0, node.newVal);
}

function readRoutine(schema: Schema, node: NonNullable<NodeMap['CreateFunctionStmt']>, sql: string): Routine {
  const key = keyOfParts(schema, nameParts(node.funcname));
  let body = '';
  let volatility: Routine['volatility'] = 'volatile';
  for (const item of node.options ?? []) {
    const { DefElem } = item as { DefElem?: { defname?: string; arg?: object } };
    const arg = DefElem?.arg as { List?: { items?: Node[] }; String?: { sval?: string } } | undefined;
    if (DefElem?.defname === 'as') body = nameParts(arg?.List?.items).join('\n');
    const said = arg?.String?.sval;
    if (DefElem?.defname === 'volatility' && (said === 'immutable' || said === 'stable')) volatility = said;
  }
  // A body in SQL's own form (BEGIN ATOMIC, RETURN) has no string: its statement's text serves.
  return { ...homeOf(key), body: body === '' ? sql : body, sql, volatility };
}

/** Names of a query's columns, or null where a star of an unknown table or an expression without a name is in them. */
export function outputColumns(schema: Schema, query: Node | undefined): View['columns'] {
  const { SelectStmt: select } = (query ?? {}) as NodeMap;
  if (select === undefined || select.targetList === undefined) return null;
  const names: string[] = [];
  for (const item of select.targetList) {
    const { ResTarget } = item as { ResTarget?: { name?: string; val?: Node } };
    const { ColumnRef } = (ResTarget?.val ?? {}) as { ColumnRef?: { fields?: Node[] } };
    const last = ColumnRef?.fields?.at(-1) as { A_Star?: object; String?: { sval?: string } } | undefined;
    if (ResTarget?.name !== undefined) names.push(ResTarget.name);
    else if (last?.A_Star !== undefined) {
      const all = (select.fromClause ?? []).map((from) => starColumns(schema, from));
      if (all.some((columns) => columns === null)) return null;
      names.push(...all.flatMap((columns) => columns ?? []));
    } else if (last?.String?.sval !== undefined) names.push(last.String.sval);
    else return null;
  }
  return names;
}

function starColumns(schema: Schema, from: Node): readonly string[] | null {
  const { RangeVar } = from as { RangeVar?: object };
  if (RangeVar === undefined) return null;
  const table = findTable(schema, RangeVar);
  return table?.columns.map(({ name }) => name) ?? schema.views.get(keyOf(schema, RangeVar))?.columns ?? null;
}
