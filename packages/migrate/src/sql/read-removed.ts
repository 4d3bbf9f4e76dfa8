import type { ClassifiedStatement } from './classify.ts';
import { nodeContent, nodeName, walk } from './node-walk.ts';
import { tokenize } from './token.ts';
import type { TableName } from './token-reader.ts';

/** For the table's name: every table of the schema. */
const WHOLE_SCHEMA = '*';

/**
 * The tables that a statement says by name that it takes rows away from: DELETE, MERGE, TRUNCATE, DROP TABLE, DROP
 * SCHEMA, and in the body of a DO block whatever name stands there. Not those that a CASCADE or a trigger reaches. Null
 * for a statement that changes no rows whatever happens.
 */
export function readRemoved(statement: ClassifiedStatement): readonly TableName[] | null {
  const { tree, kind, body, calls, writes } = statement;
  if (tree === null) return null;
  const named = [...removedByNode(tree.node), ...(body === null ? [] : wordsOf(body))];
  const isChanging = kind === 'dml' || kind === 'opaque' || calls.length > 0 || writes.length > 0;
  return named.length > 0 || isChanging ? distinct(named) : null;
}

interface RangeVar {
  readonly schemaname?: string;
  readonly relname?: string;
}

function removedByNode(node: Parameters<typeof nodeName>[0]): readonly TableName[] {
  if (nodeName(node) === 'DropStmt') return droppedBy(nodeContent(node));
  const found: TableName[] = [];
  walk(node, (name, content) => {
    if (name === 'CreateFunctionStmt' || name === 'RuleStmt' || name === 'PrepareStmt') return false;
    if (name === 'DeleteStmt' || name === 'MergeStmt') add(found, content.relation as RangeVar);
    if (name === 'TruncateStmt') {
      for (const item of content.relations as readonly { readonly RangeVar?: RangeVar }[])
        add(found, item.RangeVar);
    }
    return true;
  });
  return found;
}

function add(found: TableName[], range: RangeVar | undefined): void {
  if (range?.relname !== undefined) found.push({ schema: range.schemaname ?? null, name: range.relname });
}

interface DropContent {
  readonly removeType?: string;
  readonly objects?: readonly {
    readonly List?: { readonly items?: readonly { readonly String?: { readonly sval?: string } }[] };
    readonly String?: { readonly sval?: string };
  }[];
}

function droppedBy(content: DropContent): readonly TableName[] {
  const { removeType, objects = [] } = content;
  if (removeType === 'OBJECT_SCHEMA') {
    return objects.map(({ String: name }) => ({ schema: name?.sval ?? '', name: WHOLE_SCHEMA }));
  }
  if (removeType !== 'OBJECT_TABLE') return [];
  return objects.map(({ List: list }) => {
    const parts = (list?.items ?? []).map((item) => item.String?.sval ?? '');
    return { schema: parts.at(-2) ?? null, name: parts.at(-1) ?? '' };
  });
}

const REMOVING = new Set(['delete', 'truncate', 'drop', 'merge', 'execute']);

/** Code can't be read: any name in it may be meant. */
function wordsOf(body: string): readonly TableName[] {
  const words = tokenize(body).flatMap(({ kind, start, end }) => {
    const raw = body.slice(start, end);
    if (kind === 'quoted') return [raw.slice(1, -1).replaceAll('""', '"')];
    return kind === 'word' ? [raw.toLowerCase()] : [];
  });
  return words.some((word) => REMOVING.has(word)) ? words.map((name) => ({ schema: null, name })) : [];
}

function distinct(names: readonly TableName[]): readonly TableName[] {
  return [...new Map(names.map((name) => [JSON.stringify([name.schema, name.name]), name])).values()];
}
