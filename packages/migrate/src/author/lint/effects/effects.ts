import type { ClassifiedStatement } from '../../../sql/classify.ts';
import { LOCK_MODES } from '../lock.ts';
import type { NodeMap } from '../schema/apply.ts';
import { indexNameOf } from '../schema/apply-create.ts';
import { droppedNames } from '../schema/apply-drop.ts';
import { rangeVarsIn } from '../schema/references.ts';
import { keyOf, keyOfParts, referencingTables, type Schema } from '../schema/schema.ts';
import { nameParts } from '../schema/type-ref.ts';
import { alterTableEffects, type Session } from './alter-table.ts';
import { type Effect, type EffectList, effectList } from './effect.ts';

/**
 * The locks that a statement takes on relations which are there before it, and whether it rewrites, reads or indexes
 * them: the rule book. A test compares it with pg_locks, row counters and file nodes of a real Postgres.
 */
export function effectsOf(
  schema: Schema,
  statement: ClassifiedStatement,
  session: Session,
): readonly Effect[] {
  const { electric, tree } = statement;
  if (electric !== null) {
    const effects = effectList();
    // REPLICA IDENTITY FULL takes it; the publication would be content with less.
    const name = { relname: electric.table.name, schemaname: electric.table.schema ?? undefined };
    effects.add(keyOf(schema, name), 'ACCESS EXCLUSIVE');
    return effects.all();
  }
  if (tree === null) return [];
  const node = tree.node as NodeMap;
  const effects =
    node.AlterTableStmt === undefined
      ? effectList()
      : alterTableEffects(schema, node.AlterTableStmt, session);
  tableEffects(schema, node, effects);
  otherEffects(schema, node, effects);
  rowEffects(schema, node, effects);
  return effects.all();
}

function tableEffects(schema: Schema, node: NodeMap, effects: EffectList): void {
  if (node.CreateStmt !== undefined) {
    const own = keyOf(schema, node.CreateStmt.relation);
    if (node.CreateStmt.if_not_exists === true && schema.tables.has(own)) return;
    for (const item of node.CreateStmt.inhRelations ?? []) {
      const { RangeVar } = item as { RangeVar?: object };
      const lock = node.CreateStmt.partbound === undefined ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
      effects.add(keyOf(schema, RangeVar), lock);
    }
    for (const parent of foreignTablesOf(schema, node.CreateStmt)) {
      if (parent !== own) effects.add(parent, 'SHARE ROW EXCLUSIVE');
    }
  } else if (node.IndexStmt !== undefined) {
    const { schema: home, name } = indexNameOf(schema, node.IndexStmt);
    const table = keyOf(schema, node.IndexStmt.relation);
    const exists = node.IndexStmt.if_not_exists === true && schema.indexes.has(`${home}.${name}`);
    const lock = node.IndexStmt.concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE';
    effects.add(table, lock, { scans: !exists, builds: !exists });
  } else if (node.DropStmt !== undefined) dropEffects(schema, node.DropStmt, effects);
  else if (node.TruncateStmt !== undefined) {
    const isCascading = node.TruncateStmt.behavior === 'DROP_CASCADE';
    const roots = (node.TruncateStmt.relations ?? []).map((item) =>
      keyOf(schema, (item as { RangeVar?: object }).RangeVar),
    );
    for (const key of isCascading ? withReferencing(schema, roots) : roots)
      effects.add(key, 'ACCESS EXCLUSIVE');
  } else if (node.LockStmt !== undefined) {
    for (const { relname, schemaname } of rangeVarsIn(node.LockStmt.relations))
      effects.add(
        keyOf(schema, { relname, schemaname }),
        LOCK_MODES[(node.LockStmt.mode ?? 8) - 1] ?? 'ACCESS EXCLUSIVE',
      );
  }
}

/** Tables that a CREATE TABLE refers to by foreign keys. */
export function foreignTablesOf(schema: Schema, node: NonNullable<NodeMap['CreateStmt']>): readonly string[] {
  const constraints = (node.tableElts ?? []).flatMap((item) => {
    const { ColumnDef, Constraint } = item as { ColumnDef?: { constraints?: object[] }; Constraint?: object };
    return Constraint === undefined ? (ColumnDef?.constraints ?? []) : [{ Constraint }];
  }) as { Constraint?: { contype?: string; pktable?: object } }[];
  return constraints
    .filter(({ Constraint }) => Constraint?.contype === 'CONSTR_FOREIGN')
    .map(({ Constraint }) => keyOf(schema, Constraint?.pktable));
}

/** These tables and all that refer to them, directly or through others. */
export function withReferencing(schema: Schema, roots: readonly string[]): readonly string[] {
  const found = new Set(roots);
  for (const key of found)
    for (const table of referencingTables(schema, key)) found.add(`${table.schema}.${table.name}`);
  return [...found];
}

function dropEffects(schema: Schema, node: NonNullable<NodeMap['DropStmt']>, effects: EffectList): void {
  for (const parts of droppedNames(node)) {
    const key = keyOfParts(schema, parts);
    const kind: string = node.removeType ?? '';
    switch (kind) {
      case 'OBJECT_TABLE':
        if (!schema.tables.has(key) && node.missing_ok === true) break;
        effects.add(key, 'ACCESS EXCLUSIVE');
        for (const { references } of schema.tables.get(key)?.constraints ?? [])
          if (references !== null) effects.add(references, 'ACCESS EXCLUSIVE');
        for (const table of referencingTables(schema, key))
          effects.add(`${table.schema}.${table.name}`, 'ACCESS EXCLUSIVE');
        break;
      case 'OBJECT_INDEX': {
        const table = schema.indexes.get(key)?.table;
        if (table === undefined && node.missing_ok === true) break;
        const lock = node.concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
        effects.add(key, lock, { kind: 'index' });
        if (table !== undefined) effects.add(table, lock);
        break;
      }
      case 'OBJECT_VIEW':
      case 'OBJECT_MATVIEW':
        effects.add(key, 'ACCESS EXCLUSIVE', { kind: 'view' });
        break;
      case 'OBJECT_SEQUENCE':
        effects.add(key, 'ACCESS EXCLUSIVE', { kind: 'sequence' });
        break;
      case 'OBJECT_TRIGGER':
      case 'OBJECT_POLICY':
      case 'OBJECT_RULE':
        effects.add(keyOfParts(schema, parts.slice(0, -1)), 'ACCESS EXCLUSIVE');
        break;
      default:
    }
  }
}

function otherEffects(schema: Schema, node: NodeMap, effects: EffectList): void {
  if (node.CreateTrigStmt !== undefined)
    effects.add(keyOf(schema, node.CreateTrigStmt.relation), 'SHARE ROW EXCLUSIVE');
  else if (node.RuleStmt !== undefined)
    effects.add(keyOf(schema, node.RuleStmt.relation), 'ACCESS EXCLUSIVE');
  else if (node.CreatePolicyStmt !== undefined)
    effects.add(keyOf(schema, node.CreatePolicyStmt.table), 'ACCESS EXCLUSIVE');
  else if (node.AlterPolicyStmt !== undefined)
    effects.add(keyOf(schema, node.AlterPolicyStmt.table), 'ACCESS EXCLUSIVE');
  else if (node.RenameStmt !== undefined) {
    const { renameType, relation } = node.RenameStmt;
    if (relation === undefined) return;
    if (renameType === 'OBJECT_INDEX')
      effects.add(keyOf(schema, relation), 'SHARE UPDATE EXCLUSIVE', { kind: 'index' });
    else effects.add(keyOf(schema, relation), 'ACCESS EXCLUSIVE', { kind: kindOf(renameType) });
  } else if (node.AlterObjectSchemaStmt?.relation !== undefined) {
    const { relation, objectType } = node.AlterObjectSchemaStmt;
    effects.add(keyOf(schema, relation), 'ACCESS EXCLUSIVE', { kind: kindOf(objectType) });
  } else if (node.ReindexStmt !== undefined) reindexEffects(schema, node.ReindexStmt, effects);
  else if (node.ClusterStmt?.relation !== undefined)
    effects.add(keyOf(schema, node.ClusterStmt.relation), 'ACCESS EXCLUSIVE', {
      rewrites: true,
      scans: true,
    });
  else if (node.VacuumStmt !== undefined) vacuumEffects(schema, node.VacuumStmt, effects);
  else if (node.RefreshMatViewStmt !== undefined) {
    const lock = node.RefreshMatViewStmt.concurrent === true ? 'EXCLUSIVE' : 'ACCESS EXCLUSIVE';
    effects.add(keyOf(schema, node.RefreshMatViewStmt.relation), lock, {
      kind: 'view',
      rewrites: node.RefreshMatViewStmt.concurrent !== true,
    });
  } else if (node.ViewStmt !== undefined) {
    const key = keyOf(schema, node.ViewStmt.view);
    if (schema.views.has(key)) effects.add(key, 'ACCESS EXCLUSIVE', { kind: 'view' });
  } else if (node.AlterDomainStmt !== undefined) domainEffects(schema, node.AlterDomainStmt, effects);
  else if (node.AlterSeqStmt !== undefined)
    effects.add(keyOf(schema, node.AlterSeqStmt.sequence), 'SHARE ROW EXCLUSIVE', { kind: 'sequence' });
  else if (node.CreateStatsStmt !== undefined) {
    for (const name of rangeVarsIn(node.CreateStatsStmt.relations))
      effects.add(keyOf(schema, name), 'SHARE UPDATE EXCLUSIVE');
  } else if (node.CommentStmt !== undefined) {
    const { objtype, object } = node.CommentStmt;
    const parts = nameParts(
      (object as { List?: { items?: Parameters<typeof nameParts>[0] } } | undefined)?.List?.items,
    );
    if (objtype === 'OBJECT_TABLE') effects.add(keyOfParts(schema, parts), 'SHARE UPDATE EXCLUSIVE');
    if (objtype === 'OBJECT_COLUMN')
      effects.add(keyOfParts(schema, parts.slice(0, -1)), 'SHARE UPDATE EXCLUSIVE');
  } else if (node.CreatePublicationStmt !== undefined || node.AlterPublicationStmt !== undefined) {
    for (const name of rangeVarsIn((node.CreatePublicationStmt ?? node.AlterPublicationStmt)?.pubobjects))
      effects.add(keyOf(schema, name), 'SHARE UPDATE EXCLUSIVE');
  }
}

function kindOf(object: string | undefined): Effect['kind'] {
  if (object === 'OBJECT_VIEW' || object === 'OBJECT_MATVIEW') return 'view';
  return object === 'OBJECT_SEQUENCE' ? 'sequence' : 'table';
}

function isConcurrentReindex(node: NonNullable<NodeMap['ReindexStmt']>): boolean {
  return (node.params ?? []).some(
    (item) => (item as { DefElem?: { defname?: string } }).DefElem?.defname === 'concurrently',
  );
}

function reindexEffects(
  schema: Schema,
  node: NonNullable<NodeMap['ReindexStmt']>,
  effects: EffectList,
): void {
  const isConcurrent = isConcurrentReindex(node);
  const key = keyOf(schema, node.relation);
  const table = node.kind === 'REINDEX_OBJECT_INDEX' ? schema.indexes.get(key)?.table : key;
  if (node.relation === undefined) return;
  if (table !== undefined)
    effects.add(table, isConcurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE', { scans: true, builds: true });
  if (isConcurrent) return;
  const indexes = [...schema.indexes].filter(([name, index]) =>
    node.kind === 'REINDEX_OBJECT_INDEX' ? name === key : index.table === key,
  );
  for (const [name] of indexes) effects.add(name, 'ACCESS EXCLUSIVE', { kind: 'index' });
}

function vacuumEffects(schema: Schema, node: NonNullable<NodeMap['VacuumStmt']>, effects: EffectList): void {
  const isFull = (node.options ?? []).some(
    (item) => (item as { DefElem?: { defname?: string } }).DefElem?.defname === 'full',
  );
  for (const name of rangeVarsIn(node.rels)) {
    if (isFull) effects.add(keyOf(schema, name), 'ACCESS EXCLUSIVE', { rewrites: true, scans: true });
    else effects.add(keyOf(schema, name), 'SHARE UPDATE EXCLUSIVE', { scans: true });
  }
}

function domainEffects(
  schema: Schema,
  node: NonNullable<NodeMap['AlterDomainStmt']>,
  effects: EffectList,
): void {
  const { Constraint } = (node.def ?? {}) as { Constraint?: { skip_validation?: boolean } };
  const isAdding = node.subtype === 'C' && Constraint?.skip_validation !== true;
  const isValidating = node.subtype === 'V' || node.subtype === 'O';
  if (!isAdding && !isValidating) return;
  const key = keyOfParts(schema, nameParts(node.typeName));
  for (const table of schema.tables.values())
    if (table.columns.some(({ type }) => type.name === key))
      effects.add(
        `${table.schema}.${table.name}`,
        node.subtype === 'V' ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE',
        { scans: true },
      );
}

function rowEffects(schema: Schema, node: NodeMap, effects: EffectList): void {
  const write = node.InsertStmt ?? node.UpdateStmt ?? node.DeleteStmt ?? node.MergeStmt;
  if (write?.relation === undefined) return;
  effects.add(keyOf(schema, write.relation), 'ROW EXCLUSIVE', { scans: node.InsertStmt === undefined });
}
