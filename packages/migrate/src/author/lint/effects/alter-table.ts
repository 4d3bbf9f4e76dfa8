import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint as ConstraintNode } from 'libpg-query';
import type { LockMode } from '../lock.ts';
import { columnDefOf, commandsOf, constraintOf, partitionOf } from '../schema/apply-alter.ts';
import { constraintsOf } from '../schema/apply-create.ts';
import { notNullColumns } from '../schema/references.ts';
import { findColumn, indexesOf, keyOf, type Schema, type Table } from '../schema/schema.ts';
import { isSerial, nameParts, typeRef } from '../schema/type-ref.ts';
import { type EffectList, effectList } from './effect.ts';
import { typeChange } from './type-change.ts';
import { volatileCalls } from './volatility.ts';

/** Subcommands that don't take ACCESS EXCLUSIVE. */
const WEAKER: Readonly<Record<string, LockMode>> = {
  AT_SetStatistics: 'SHARE UPDATE EXCLUSIVE',
  AT_SetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ResetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_SetRelOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ResetRelOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ClusterOn: 'SHARE UPDATE EXCLUSIVE',
  AT_DropCluster: 'SHARE UPDATE EXCLUSIVE',
  AT_ValidateConstraint: 'SHARE UPDATE EXCLUSIVE',
  AT_AttachPartition: 'SHARE UPDATE EXCLUSIVE',
  AT_EnableTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableAlwaysTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableReplicaTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigUser: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrig: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigUser: 'SHARE ROW EXCLUSIVE',
};

export interface Session {
  /** Whether `timezone` is known to be UTC while the statement runs. */
  readonly isUtc: boolean;
}

export function alterTableEffects(schema: Schema, node: AlterTableStmt, session: Session): EffectList {
  const effects = effectList();
  const key = keyOf(schema, node.relation);
  const isIndex = node.objtype === 'OBJECT_INDEX';
  const kind = isIndex ? 'index' : node.objtype === 'OBJECT_VIEW' ? 'view' : 'table';
  for (const command of commandsOf(node)) {
    const own = { schema, key, table: schema.tables.get(key) ?? null, effects, session };
    const isForeignKey = constraintOf(command)?.contype === 'CONSTR_FOREIGN';
    const weaker = isForeignKey ? 'SHARE ROW EXCLUSIVE' : WEAKER[command.subtype ?? ''];
    effects.add(key, weaker ?? 'ACCESS EXCLUSIVE', { kind });
    commandEffects(own, command);
  }
  return effects;
}

interface Own {
  readonly schema: Schema;
  readonly key: string;
  readonly table: Table | null;
  readonly effects: EffectList;
  readonly session: Session;
}

function commandEffects(own: Own, command: AlterTableCmd): void {
  const { effects, key, table, schema } = own;
  const subtype: string = command.subtype ?? '';
  switch (subtype) {
    case 'AT_AddColumn': {
      const column = columnDefOf(command);
      const exists = command.missing_ok === true && findColumn(table, column?.colname) !== null;
      if (column !== null && !exists) addColumnEffects(own, column);
      return;
    }
    case 'AT_AlterColumnType':
      return typeEffects(own, command);
    case 'AT_SetNotNull':
      if (!isKnownNotNull(table, command.name ?? '')) effects.add(key, 'ACCESS EXCLUSIVE', { scans: true });
      return;
    case 'AT_AddConstraint': {
      const constraint = constraintOf(command);
      if (constraint !== null) addConstraintEffects(own, constraint);
      return;
    }
    case 'AT_ValidateConstraint': {
      const constraint = table?.constraints.find(({ name }) => name === command.name);
      if (constraint?.isValid !== true) effects.add(key, 'SHARE UPDATE EXCLUSIVE', { scans: true });
      // The referenced table is looked up by key, row by row or as a join; it is locked against being changed.
      if (typeof constraint?.references === 'string') effects.add(constraint.references, 'ROW SHARE');
      return;
    }
    case 'AT_DropConstraint': {
      const constraint = table?.constraints.find(({ name }) => name === command.name);
      if (typeof constraint?.references === 'string') effects.add(constraint.references, 'ACCESS EXCLUSIVE');
      return;
    }
    case 'AT_DropColumn': {
      for (const { columns, references } of table?.constraints ?? [])
        if (references !== null && columns.includes(command.name ?? ''))
          effects.add(references, 'ACCESS EXCLUSIVE');
      return;
    }
    case 'AT_SetLogged':
    case 'AT_SetUnLogged':
    case 'AT_SetAccessMethod':
    case 'AT_SetTableSpace':
    case 'AT_SetExpression':
      effects.add(key, 'ACCESS EXCLUSIVE', { rewrites: true });
      return;
    case 'AT_AttachPartition':
      effects.add(keyOf(schema, partitionOf(command)?.name), 'ACCESS EXCLUSIVE', { scans: true });
      return;
    case 'AT_DetachPartition':
      detachEffects(own, command);
      return;
    default:
  }
}

function detachEffects({ effects, key, schema }: Own, command: AlterTableCmd): void {
  const partition = partitionOf(command);
  effects.add(keyOf(schema, partition?.name), 'ACCESS EXCLUSIVE');
  if (partition?.concurrent !== true) effects.add(key, 'ACCESS EXCLUSIVE');
}

export function isKnownNotNull(table: Table | null, name: string): boolean {
  if (findColumn(table, name)?.notNull === true) return true;
  return (table?.constraints ?? []).some(
    ({ kind, isValid, expression, columns }) =>
      (kind === 'check' && isValid && notNullColumns(expression).includes(name)) ||
      (kind === 'not-null' && isValid && columns.includes(name)),
  );
}

function addColumnEffects(own: Own, column: ColumnDef): void {
  const { effects, key, schema } = own;
  const constraints = constraintsOf(column);
  const hasDefault = constraints.some(({ contype }) => contype === 'CONSTR_DEFAULT');
  if (rewritesForColumn(schema, column))
    effects.add(key, 'ACCESS EXCLUSIVE', { rewrites: true, scans: true });
  for (const constraint of constraints) {
    if (constraint.contype === 'CONSTR_FOREIGN') {
      // Without a default every row has NULL in it, which no foreign key looks at.
      const parent = keyOf(schema, constraint.pktable);
      effects.add(parent, 'SHARE ROW EXCLUSIVE', { scans: hasDefault });
      if (hasDefault) effects.add(key, 'ACCESS EXCLUSIVE', { scans: true });
    } else addConstraintEffects(own, constraint);
  }
}

/** Whether each row has to be written when this column comes to a table. */
function rewritesForColumn(schema: Schema, column: ColumnDef): boolean {
  const isConstrained =
    schema.domains.get(typeRef(column.typeName, schema.searchPath).name)?.isConstrained === true;
  if (isSerial(column.typeName) || isConstrained) return true;
  return constraintsOf(column).some(
    ({ contype, raw_expr, generated_kind }) =>
      contype === 'CONSTR_IDENTITY' ||
      (contype === 'CONSTR_GENERATED' && generated_kind !== 'v') ||
      (contype === 'CONSTR_DEFAULT' && volatileCalls(schema, raw_expr).length > 0),
  );
}

function addConstraintEffects(own: Own, constraint: ConstraintNode): void {
  const { effects, key, schema, table } = own;
  const isChecked = constraint.skip_validation !== true;
  const kind: string = constraint.contype ?? '';
  switch (kind) {
    case 'CONSTR_CHECK':
      if (constraint.is_enforced !== false) effects.add(key, 'ACCESS EXCLUSIVE', { scans: isChecked });
      return;
    case 'CONSTR_NOTNULL': {
      const names = nameParts(constraint.keys);
      const isKnown = names.every((name) => isKnownNotNull(table, name));
      effects.add(key, 'ACCESS EXCLUSIVE', { scans: isChecked && !isKnown });
      return;
    }
    case 'CONSTR_FOREIGN': {
      const parent = keyOf(schema, constraint.pktable);
      effects.add(parent, 'SHARE ROW EXCLUSIVE', { scans: isChecked });
      effects.add(key, 'SHARE ROW EXCLUSIVE', { scans: isChecked });
      return;
    }
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
    case 'CONSTR_EXCLUSION': {
      if (constraint.indexname === undefined) {
        effects.add(key, 'ACCESS EXCLUSIVE', { scans: true, builds: true });
        return;
      }
      // The index takes the constraint's name.
      if (constraint.conname !== undefined && constraint.conname !== constraint.indexname)
        effects.add(`${key.slice(0, key.indexOf('.'))}.${constraint.indexname}`, 'SHARE UPDATE EXCLUSIVE', {
          kind: 'index',
        });
      const columns =
        schema.indexes.get(`${key.slice(0, key.indexOf('.'))}.${constraint.indexname}`)?.columns ?? [];
      const isNullable = columns.some((name) => name !== null && !isKnownNotNull(table, name));
      if (constraint.contype === 'CONSTR_PRIMARY' && isNullable)
        effects.add(key, 'ACCESS EXCLUSIVE', { scans: true });
      return;
    }
    default:
  }
}

function typeEffects(own: Own, command: AlterTableCmd): void {
  const { effects, key, schema, table } = own;
  const column = findColumn(table, command.name);
  const work = columnTypeWork(schema, column, command, own.session);
  const indexed = indexesOf(schema, key).some(({ columns }) => columns.includes(command.name ?? ''));
  const isRewritten = work === 'rewrite' || work === 'time-zone';
  const isReindexed = work === 'collation' && indexed;
  effects.add(key, 'ACCESS EXCLUSIVE', {
    rewrites: isRewritten,
    scans: isRewritten || isReindexed,
    builds: isRewritten || isReindexed,
  });
  for (const constraint of table?.constraints ?? [])
    if (constraint.references !== null && constraint.columns.includes(command.name ?? ''))
      effects.add(constraint.references, 'SHARE ROW EXCLUSIVE', { scans: false });
}

/** What ALTER COLUMN … TYPE makes Postgres do. */
export function columnTypeWork(
  schema: Schema,
  column: ReturnType<typeof findColumn>,
  command: AlterTableCmd,
  session: Session,
): 'none' | 'time-zone' | 'collation' | 'rewrite' {
  const definition = columnDefOf(command);
  const after = typeRef(definition?.typeName, schema.searchPath);
  const { ColumnRef } = (definition?.raw_default ?? {}) as {
    ColumnRef?: { fields?: Parameters<typeof nameParts>[0] };
  };
  const isItself = nameParts(ColumnRef?.fields).at(-1) === command.name;
  const { TypeCast } = (definition?.raw_default ?? {}) as {
    TypeCast?: {
      arg?: { ColumnRef?: { fields?: Parameters<typeof nameParts>[0] } };
      typeName?: Parameters<typeof typeRef>[0];
    };
  };
  // `USING c::type` is what Postgres does by itself.
  const isOwnCast =
    nameParts(TypeCast?.arg?.ColumnRef?.fields).at(-1) === command.name &&
    typeRef(TypeCast?.typeName, schema.searchPath).name === after.name;
  const hasUsing = definition?.raw_default !== undefined && !isItself && !isOwnCast;
  const change = typeChange(column?.type ?? null, after, hasUsing);
  if (change === 'rewrite') return 'rewrite';
  if (schema.domains.get(after.name)?.isConstrained === true && change !== 'same') return 'rewrite';
  if (change === 'time-zone') return session.isUtc ? 'none' : 'time-zone';
  const collation = nameParts(definition?.collClause?.collname).at(-1) ?? null;
  return collation === (column?.collation ?? null) ? 'none' : 'collation';
}
