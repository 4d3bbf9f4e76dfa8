import type { Node } from 'libpg-query';

/** Visits every named node below, outermost first. */
export function visitNodes(
  value: unknown,
  visit: (name: string, content: Record<string, unknown>) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) visitNodes(item, visit);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, content] of Object.entries(value)) {
    if (typeof content !== 'object' || content === null) continue;
    if (!Array.isArray(content)) visit(name, content as Record<string, unknown>);
    visitNodes(content, visit);
  }
}

/** Tables that an expression or query reads, as named. */
export function rangeVarsIn(value: unknown): readonly { schemaname?: string; relname?: string }[] {
  const found: { schemaname?: string; relname?: string }[] = [];
  visitNodes(value, (name, content) => {
    // Where only a RangeVar can stand, the tree leaves its name out.
    const isRange =
      name === 'RangeVar' || (typeof content.relname === 'string' && 'relpersistence' in content);
    if (isRange) found.push(content as { schemaname?: string; relname?: string });
  });
  return found;
}

/** Last parts of the column references below; `*` for a star. */
export function columnRefsIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  visitNodes(value, (name, content) => {
    if (name !== 'ColumnRef') return;
    const fields = (content.fields ?? []) as { String?: { sval?: string }; A_Star?: object }[];
    const last = fields.at(-1);
    if (last?.A_Star !== undefined) found.add('*');
    else if (last?.String?.sval !== undefined) found.add(last.String.sval);
  });
  return found;
}

/** String constants below. */
export function stringsIn(value: unknown): readonly string[] {
  const found: string[] = [];
  visitNodes(value, (name, content) => {
    const { sval } = content as { sval?: { sval?: string } };
    if (name === 'A_Const' && typeof sval?.sval === 'string') found.push(sval.sval);
  });
  return found;
}

/** `c` of a check that says `c IS NOT NULL` and nothing else (or several joined by AND: all of them). */
export function notNullColumns(expression: Node | null): readonly string[] {
  const { NullTest, BoolExpr } = (expression ?? {}) as {
    NullTest?: { nulltesttype?: string; arg?: Node };
    BoolExpr?: { boolop?: string; args?: Node[] };
  };
  if (NullTest?.nulltesttype === 'IS_NOT_NULL') return [...columnRefsIn([NullTest.arg])];
  if (BoolExpr?.boolop === 'AND_EXPR') return (BoolExpr.args ?? []).flatMap(notNullColumns);
  return [];
}
