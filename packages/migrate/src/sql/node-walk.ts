import type { Node } from './parser.ts';
import type { TableName } from './token-reader.ts';

/** `CreateStmt` of `{ CreateStmt: {…} }`. */
export function nodeName(node: Node): string {
  return Object.keys(node)[0] ?? '';
}

/** The fields of a parse node. */
export function nodeContent(node: Node): Readonly<Record<string, unknown>> {
  return (Object.values(node)[0] ?? {}) as Record<string, unknown>;
}

const WRITING = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'TruncateStmt', 'CopyStmt']);
/** Their inner statements run later, or never. */
const DEFINING = new Set(['CreateFunctionStmt', 'RuleStmt', 'PrepareStmt']);

/** Tables that a statement writes, wherever in it. */
export function readWrites(node: Node): readonly TableName[] {
  const found = new Map<string, TableName>();
  walk(node, (name, content) => {
    if (DEFINING.has(name)) return false;
    if (!WRITING.has(name) || (name === 'CopyStmt' && content.is_from !== true)) return true;
    for (const table of [content.relation, ...rangeVars(content.relations)]) {
      const range = table as { schemaname?: string; relname?: string } | undefined;
      if (range?.relname === undefined) continue;
      const name = { schema: range.schemaname ?? null, name: range.relname };
      found.set(JSON.stringify(name), name);
    }
    return true;
  });
  return [...found.values()];
}

/** Names of the functions that a statement calls, without their schemas. */
export function readCalls(node: Node): readonly string[] {
  const found = new Set<string>();
  walk(node, (name, content) => {
    const parts = content.funcname as { String?: { sval?: string } }[] | undefined;
    const last = parts?.at(-1)?.String?.sval;
    if ((name === 'FuncCall' || name === 'funccall') && last !== undefined) found.add(last);
    return true;
  });
  return [...found];
}

function rangeVars(nodes: unknown): readonly unknown[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.map((node: { RangeVar?: unknown }) => node.RangeVar);
}

/** Visits every named object below, outermost first; false from the visitor leaves out what is in it. */
export function walk(
  value: unknown,
  visit: (name: string, content: Record<string, unknown>) => boolean,
): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, content] of Object.entries(value)) {
    if (typeof content !== 'object' || content === null) continue;
    if (Array.isArray(content) || visit(name, content as Record<string, unknown>)) walk(content, visit);
  }
}
