import type { Column } from '../source/source.ts';
import { call, cast, choose, concatenate, like } from './calls.ts';
import {
  coerce,
  columnExpression,
  constantExpression,
  derive,
  type Expression,
  WhereError,
} from './expression.ts';
import {
  asBool,
  compare,
  connect,
  contains,
  distinct,
  isComparison,
  isContainment,
  isIn,
  not,
  quantified,
} from './operators.ts';
import { type Node, type NodeBody, PREFIX_LENGTH, parseWhere } from './parse.ts';
import { isArrayType } from './types.ts';
import type { Where } from './where.ts';

export type CompiledWhere =
  | { readonly kind: 'compiled'; readonly where: Where }
  /** `message` has Electric's words. */
  | { readonly kind: 'invalid'; readonly message: string };

/** Understands a condition on a table's columns. `params` are the values of `$1`, `$2`, … */
export function compileWhere(
  sql: string,
  params: readonly string[],
  columns: readonly Column[],
): CompiledWhere {
  const parsed = parseWhere(sql);
  if (parsed.kind === 'invalid') return parsed;
  const used = new Set<string>();
  try {
    const root = coerce(compileNode(parsed.node, { params, columns, used, depth: 0 }), 'bool');
    if (root.type !== 'bool') return { kind: 'invalid', message: 'WHERE clause must return a boolean' };
    return {
      kind: 'compiled',
      where: {
        sql: root.sql,
        columns: [...used],
        bind: (names) => {
          const evaluate = root.bind((name) => names.indexOf(name));
          return (row) => evaluate(row) === true;
        },
      },
    };
  } catch (error) {
    if (!(error instanceof WhereError)) throw error;
    return { kind: 'invalid', message: `At location ${error.location}: ${error.message}` };
  }
}

interface Scope {
  readonly params: readonly string[];
  readonly columns: readonly Column[];
  /** Collects the columns that the clause reads. */
  readonly used: Set<string>;
  readonly depth: number;
}

/** Far above what people write, far below what a stack holds. */
const DEPTH_MAX = 200;

function compileNode(node: Node, outer: Scope): Expression {
  const scope = { ...outer, depth: outer.depth + 1 };
  if (scope.depth > DEPTH_MAX) throw new WhereError(0, 'the expression is nested too deeply');
  const [kind, body] = Object.entries(node)[0] as [string, NodeBody];
  const location = Math.max(0, (body.location ?? PREFIX_LENGTH) - PREFIX_LENGTH);
  const child = (field: string) => compileNode(body[field] as Node, scope);
  const children = (field: string) =>
    ((body[field] ?? []) as readonly Node[]).map((item) => compileNode(item, scope));
  switch (kind) {
    case 'ColumnRef':
      return compileColumn(body, scope, location);
    case 'ParamRef': {
      const number = typeof body.number === 'number' ? body.number : 0;
      const value = scope.params[number - 1];
      if (value === undefined) throw new WhereError(location, `parameter $${number} was not provided`);
      return constantExpression('unknown', value, value, location);
    }
    case 'A_Const':
      return compileConstant(body, location);
    case 'TypeCast':
      return cast(child('arg'), typeNameOf(body.typeName as NodeBody), location);
    case 'BoolExpr': {
      const parts = children('args');
      if (body.boolop === 'NOT_EXPR') return not(parts[0] as Expression, location);
      return connect(body.boolop === 'AND_EXPR' ? 'AND' : 'OR', parts, location);
    }
    case 'NullTest': {
      const part = child('arg');
      const isNull = body.nulltesttype === 'IS_NULL';
      const sql = `(${part.sql} IS ${isNull ? '' : 'NOT '}NULL)`;
      return derive('bool', location, sql, [part], ([x = null]) => (x === null) === isNull);
    }
    case 'BooleanTest':
      return compileBooleanTest(asBool(child('arg')), String(body.booltesttype), location);
    case 'A_Expr':
      return compileOperator(body, scope, location);
    case 'A_ArrayExpr':
      return compileArray(children('elements'), location);
    case 'CoalesceExpr':
      return choose('coalesce', children('args'), location);
    case 'MinMaxExpr':
      return choose(body.op === 'IS_GREATEST' ? 'greatest' : 'least', children('args'), location);
    case 'FuncCall': {
      if (body.agg_star === true || body.agg_distinct === true || body.over !== undefined) {
        throw new WhereError(location, 'aggregation is not supported in this context');
      }
      return call(
        namesOf(body.funcname)
          .join('.')
          .replace(/^pg_catalog\./, ''),
        children('args'),
        location,
      );
    }
    case 'RowExpr':
      return constantExpression('record', null, null, location);
    case 'SubLink':
      throw new WhereError(location, 'subqueries are not supported by this server');
    default:
      throw new WhereError(location, `${kind} is not supported in this context`);
  }
}

function compileColumn(body: NodeBody, scope: Scope, location: number): Expression {
  const names = namesOf(body.fields);
  const column = names.length === 1 ? scope.columns.find((found) => found.name === names[0]) : undefined;
  if (column === undefined) throw new WhereError(location, `unknown reference ${names.join('.')}`);
  scope.used.add(column.name);
  return columnExpression(column, location);
}

function compileConstant(body: NodeBody, location: number): Expression {
  const field = (name: string) =>
    body[name] as Readonly<Record<string, string | number | boolean>> | undefined;
  if (body.isnull === true) return constantExpression('unknown', null, null, location);
  const text = field('sval');
  if (text !== undefined) {
    const value = String(text.sval ?? '');
    return constantExpression('unknown', value, value, location);
  }
  const integer = field('ival');
  if (integer !== undefined) {
    const value = Number(integer.ival ?? 0);
    return constantExpression('int4', value, String(value), location);
  }
  const bool = field('boolval');
  if (bool !== undefined) {
    const value = bool.boolval === true;
    return constantExpression('bool', value, String(value), location);
  }
  const float = field('fval');
  if (float !== undefined) {
    const value = String(float.fval);
    const isInteger = /^\d+$/.test(value) && BigInt(value) < 1n << 63n;
    const type = isInteger ? 'int8' : 'numeric';
    return coerce(constantExpression('unknown', value, value, location), type);
  }
  throw new WhereError(location, 'BitString is not supported in this context');
}

function compileArray(elements: readonly Expression[], location: number): Expression {
  const typed = elements.find((element) => element.type !== 'unknown');
  const type = typed?.type ?? 'text';
  const parts = elements.map((element) => coerce(element, type));
  if (isArrayType(type) || parts.some((part) => part.type !== type)) {
    throw new WhereError(location, 'Could not select an operator overload');
  }
  const sql = `ARRAY[${parts.map((part) => part.sql).join(', ')}]::${type}[]`;
  return derive(`${type}[]`, location, sql, parts, (values) => values);
}

function compileOperator(body: NodeBody, scope: Scope, location: number): Expression {
  const operator = namesOf(body.name).at(-1) ?? '';
  const leftNode = body.lexpr as Node | undefined;
  const rightNode = body.rexpr as Node;
  const left = () => {
    if (leftNode === undefined) throw new WhereError(location, `unknown unary operator "${operator}"`);
    return compileNode(leftNode, scope);
  };
  const right = () => compileNode(rightNode, scope);
  const items = () =>
    ((rightNode.List?.items ?? []) as readonly Node[]).map((item) => compileNode(item, scope));
  switch (body.kind) {
    case 'AEXPR_OP':
      if (leftNode === undefined && operator === '-') return negate(right(), location);
      if (isComparison(operator)) return compare(operator, left(), right(), location);
      if (isContainment(operator)) return contains(operator, left(), right(), location);
      if (operator === '||') return concatenate(left(), right(), location);
      if (SUPPORTED_BY_ELECTRIC.has(operator)) {
        throw new WhereError(location, `operator "${operator}" is not supported by this server`);
      }
      throw new WhereError(location, `unknown binary operator "${operator}"`);
    case 'AEXPR_OP_ANY':
      return quantified('ANY', operator, left(), right(), location);
    case 'AEXPR_OP_ALL':
      return quantified('ALL', operator, left(), right(), location);
    case 'AEXPR_DISTINCT':
      return distinct(false, left(), right(), location);
    case 'AEXPR_NOT_DISTINCT':
      return distinct(true, left(), right(), location);
    case 'AEXPR_IN':
      return isIn(operator === '<>', left(), items(), location);
    case 'AEXPR_LIKE':
      return like(left(), right(), { isNegated: operator === '!~~', ignoresCase: false }, location);
    case 'AEXPR_ILIKE':
      return like(left(), right(), { isNegated: operator === '!~~*', ignoresCase: true }, location);
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return between(String(body.kind), left(), items(), location);
    case 'AEXPR_SIMILAR':
      throw new WhereError(location, 'unknown or unsupported function similar_to_escape/1');
    default:
      throw new WhereError(location, `${String(body.kind)} is not supported in this context`);
  }
}

/** Known to Electric; not yet here. */
const SUPPORTED_BY_ELECTRIC = new Set(['+', '-', '*', '/', '^', '&', '|', '#']);

function negate(part: Expression, location: number): Expression {
  const value = part.constant?.value;
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new WhereError(location, 'operator "-" is not supported by this server');
  }
  return coerce(constantExpression('unknown', null, `-${value}`, location), part.type);
}

function between(kind: string, a: Expression, bounds: readonly Expression[], location: number): Expression {
  const [low, high] = bounds as readonly [Expression, Expression];
  const inside = (from: Expression, to: Expression) =>
    connect('AND', [compare('>=', a, from, location), compare('<=', a, to, location)], location);
  const isSymmetric = kind.endsWith('_SYM');
  const result = isSymmetric
    ? connect('OR', [inside(low, high), inside(high, low)], location)
    : inside(low, high);
  return kind.includes('NOT') ? not(result, location) : result;
}

function compileBooleanTest(part: Expression, test: string, location: number): Expression {
  const words = test.replace('IS_NOT_', 'IS NOT ').replace('IS_', 'IS ');
  const isNegated = test.startsWith('IS_NOT_');
  const wanted = test.endsWith('TRUE') ? true : test.endsWith('FALSE') ? false : null;
  return derive(
    'bool',
    location,
    `(${part.sql} ${words})`,
    [part],
    ([x = null]) => (x === wanted) !== isNegated,
  );
}

function namesOf(nodes: unknown): string[] {
  return ((nodes ?? []) as readonly { readonly String?: { readonly sval?: string } }[]).map(
    (node) => node.String?.sval ?? '*',
  );
}

function typeNameOf(body: NodeBody): string {
  const name = namesOf(body.names).at(-1) ?? '';
  // A length or precision would round the value: what is not asked of Postgres in the same words is refused.
  if (body.typmods !== undefined) return `${name} with a modifier`;
  return body.arrayBounds === undefined ? name : `${name}[]`;
}
