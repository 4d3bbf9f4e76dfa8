import type { AloneWork } from '@lockstep/protocol';
import { isTransactional } from './node-facts.ts';
import { nodeContent, nodeName } from './node-walk.ts';
import type { Node } from './parser.ts';
import type { TableName } from './token-reader.ts';

/** What a statement does that can't run in a transaction; null for one that can, and for BEGIN, COMMIT and their kin. */
export function readAloneWork(node: Node): AloneWork | null {
  const name = nodeName(node);
  const content = nodeContent(node);
  if (isTransactional(node) || name === 'TransactionStmt') return null;
  if (REPEATABLE.has(name)) return { kind: 'repeatable' };
  if (name === 'IndexStmt') return createIndex(content);
  if (name === 'DropStmt') return dropIndex(content);
  if (name === 'ReindexStmt') return reindex(content);
  if (name === 'AlterTableStmt') return detachPartition(content);
  if (content.kind === 'ALTER_SUBSCRIPTION_REFRESH') return { kind: 'repeatable' };
  return { kind: 'unknown' };
}

/** Twice is as good as once. */
const REPEATABLE = new Set(['VacuumStmt', 'ClusterStmt', 'AlterSystemStmt', 'DiscardStmt']);

type Content = Readonly<Record<string, unknown>>;

interface RangeVar {
  readonly schemaname?: string;
  readonly relname?: string;
}

function createIndex({ relation, idxname }: Content): AloneWork {
  return {
    kind: 'create-index',
    table: toName(relation as RangeVar),
    name: typeof idxname === 'string' ? idxname : null,
  };
}

/** Postgres takes one index at a time here. */
function dropIndex({ objects }: Content): AloneWork {
  const [first] = (objects ?? []) as { List?: { items?: { String?: { sval?: string } }[] } }[];
  const parts = (first?.List?.items ?? []).map(({ String: text }) => text?.sval ?? '');
  return { kind: 'drop-index', index: { schema: parts.at(-2) ?? null, name: parts.at(-1) ?? '' } };
}

const REINDEX_OBJECTS = {
  REINDEX_OBJECT_INDEX: 'index',
  REINDEX_OBJECT_TABLE: 'table',
  REINDEX_OBJECT_SCHEMA: 'schema',
  REINDEX_OBJECT_DATABASE: 'database',
  REINDEX_OBJECT_SYSTEM: 'system',
} as const;

function reindex({ kind, relation, name }: Content): AloneWork {
  const object = REINDEX_OBJECTS[kind as keyof typeof REINDEX_OBJECTS];
  if (relation !== undefined) return { kind: 'reindex', object, name: toName(relation as RangeVar) };
  return {
    kind: 'reindex',
    object,
    name: typeof name === 'string' && object === 'schema' ? { schema: null, name } : null,
  };
}

function detachPartition({ relation, cmds }: Content): AloneWork {
  const [first] = (cmds ?? []) as { AlterTableCmd?: { def?: { PartitionCmd?: { name?: RangeVar } } } }[];
  return {
    kind: 'detach-partition',
    table: toName(relation as RangeVar),
    partition: toName(first?.AlterTableCmd?.def?.PartitionCmd?.name),
  };
}

function toName(range: RangeVar | undefined): TableName {
  return { schema: range?.schemaname ?? null, name: range?.relname ?? '' };
}
