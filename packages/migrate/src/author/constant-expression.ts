import { nodeContent, nodeName } from '../sql/node-walk.ts';
import type { Node, Parser } from '../sql/parser.ts';

/**
 * Whether a default, as `pg_get_expr` writes it, is one value for every row at every time. Only what is made of
 * constants, casts, operators and arrays counts: a function call never does, so that a doubtful one is asked of the server.
 */
export function isConstantExpression(parser: Parser, expression: string): boolean {
  const outcome = parser.parse(`SELECT ${expression}`);
  if (outcome.kind === 'failed' || outcome.statements.length !== 1) return false;
  const [statement] = outcome.statements;
  const select = statement === undefined ? {} : nodeContent(statement.node);
  const targets = (select.targetList ?? []) as { ResTarget?: { val?: Node } }[];
  const value = targets[0]?.ResTarget?.val;
  return targets.length === 1 && value !== undefined && isConstant(value);
}

function isConstant(node: Node): boolean {
  const content = nodeContent(node) as Record<string, Node & readonly Node[]>;
  const all = (nodes: readonly (Node | undefined)[] | undefined) =>
    (nodes ?? []).every((item) => item === undefined || isConstant(item));
  switch (nodeName(node)) {
    case 'A_Const':
      return true;
    case 'TypeCast':
      return isConstantCast(content) && all([content.arg]);
    case 'A_Expr':
      return all([content.lexpr, content.rexpr]);
    case 'A_ArrayExpr':
      return all(content.elements);
    case 'CollateClause':
      return all([content.arg]);
    default:
      return false;
  }
}

/** `('orders_seq'::text)::regclass` names an object by its number, which differs between databases. */
function isConstantCast(content: Readonly<Record<string, unknown>>): boolean {
  const { names } = (content.typeName ?? {}) as { names?: { String?: { sval?: string } }[] };
  return !(names?.at(-1)?.String?.sval ?? '').startsWith('reg');
}
