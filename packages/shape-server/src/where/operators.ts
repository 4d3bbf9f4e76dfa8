import { compareValues, isEqual } from './compare.ts';
import { coerce, derive, type Expression, WhereError } from './expression.ts';
import { elementOf, familyOf, isArrayType, type TypeName, type Value } from './types.ts';

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
};

const NO_OVERLOAD = 'Could not select an operator overload';

export function isComparison(operator: string): boolean {
  return operator in COMPARISONS;
}

/** Both sides with types that compare with each other. */
export function unify(
  left: Expression,
  right: Expression,
  location: number,
): readonly [Expression, Expression] {
  if (left.type === 'unknown' && right.type === 'unknown')
    return [coerce(left, 'text'), coerce(right, 'text')];
  const unified =
    left.type === 'unknown'
      ? ([coerce(left, right.type), right] as const)
      : right.type === 'unknown'
        ? ([left, coerce(right, left.type)] as const)
        : ([left, right] as const);
  const [a, b] = unified;
  if (!isComparable(a.type, b.type)) throw new WhereError(location, NO_OVERLOAD);
  // Postgres compares varchar with character(n) as the latter: padding does not count on either side.
  if (a.type === 'bpchar' && b.type === 'varchar') return [a, toPadded(b)];
  if (a.type === 'varchar' && b.type === 'bpchar') return [toPadded(a), b];
  return unified;
}

function toPadded(part: Expression): Expression {
  return derive('bpchar', part.location, `(${part.sql}::bpchar)`, [part], ([x = null]) =>
    x === null ? null : (x as string).replace(/ +$/, ''),
  );
}

function isComparable(left: TypeName, right: TypeName): boolean {
  if (isArrayType(left) || isArrayType(right)) return left === right && familyOf(elementOf(left)) !== null;
  const family = familyOf(left);
  return family !== null && family === familyOf(right);
}

export function compare(operator: string, a: Expression, b: Expression, location: number): Expression {
  // The type of an untyped literal is looked for before its text is read: an enum has no operators at all.
  for (const [typed, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (other.type === 'unknown' && typed.type !== 'unknown' && !isComparable(typed.type, typed.type)) {
      throw new WhereError(location, NO_OVERLOAD);
    }
  }
  const [left, right] = unify(a, b, location);
  const holds = COMPARISONS[operator] as (order: number) => boolean;
  const sql = `(${orderedSql(left, operator)} ${operator} ${orderedSql(right, operator)})`;
  const compute = ([x, y]: readonly (Value | null)[]) =>
    x === null || y === null || x === undefined || y === undefined ? null : holds(compareValues(x, y));
  return derive('bool', location, sql, [left, right], compute);
}

/** The stream's rows are compared bytewise, so Postgres is asked to do the same. */
function orderedSql(expression: Expression, operator: string): string {
  const isOrder = operator !== '=' && operator !== '<>';
  return isOrder && familyOf(expression.type) === 'text' ? `${expression.sql} COLLATE "C"` : expression.sql;
}

/** `IS [NOT] DISTINCT FROM`. */
export function distinct(isNegated: boolean, a: Expression, b: Expression, location: number): Expression {
  const [left, right] = unify(a, b, location);
  const sql = `(${left.sql} IS ${isNegated ? 'NOT ' : ''}DISTINCT FROM ${right.sql})`;
  return derive('bool', location, sql, [left, right], ([x = null, y = null]) => {
    const isSame = x === null || y === null ? x === y : isEqual(x, y);
    return isSame === isNegated;
  });
}

export function not(a: Expression, location: number): Expression {
  const part = asBool(a);
  return derive('bool', location, `(NOT ${part.sql})`, [part], ([x = null]) => (x === null ? null : !x));
}

/** AND and OR of any number of parts, stopping at the first that decides. */
export function connect(
  operator: 'AND' | 'OR',
  expressions: readonly Expression[],
  location: number,
): Expression {
  const parts = expressions.map(asBool);
  const decisive = operator === 'OR';
  return {
    type: 'bool',
    location,
    sql: `(${parts.map((part) => part.sql).join(` ${operator} `)})`,
    constant: null,
    literal: null,
    bind: (indexOf) => {
      const bound = parts.map((part) => part.bind(indexOf));
      return (row) => {
        let isKnown = true;
        for (const evaluate of bound) {
          const value = evaluate(row);
          if (value === decisive) return decisive;
          if (value === null) isKnown = false;
        }
        return isKnown ? !decisive : null;
      };
    },
  };
}

export function asBool(expression: Expression): Expression {
  const typed = coerce(expression, 'bool');
  if (typed.type !== 'bool') throw new WhereError(typed.location, NO_OVERLOAD);
  return typed;
}

/** `IN` and `NOT IN` a list. */
export function isIn(
  isNegated: boolean,
  a: Expression,
  items: readonly Expression[],
  location: number,
): Expression {
  const equalities = items.map((item) => compare('=', a, item, location));
  const isListed = connect('OR', equalities, location);
  return isNegated ? not(isListed, location) : isListed;
}

/** `a operator ANY (array)` and `ALL`. */
export function quantified(
  kind: 'ANY' | 'ALL',
  operator: string,
  a: Expression,
  array: Expression,
  location: number,
): Expression {
  if (!isComparison(operator)) throw new WhereError(location, NO_OVERLOAD);
  const elementType = isArrayType(array.type)
    ? elementOf(array.type)
    : a.type === 'unknown'
      ? 'text'
      : a.type;
  const right = coerce(array, `${elementType}[]`);
  const left = coerce(a, elementType);
  if (!isArrayType(right.type) || !isComparable(left.type, elementOf(right.type))) {
    throw new WhereError(location, NO_OVERLOAD);
  }
  const holds = COMPARISONS[operator] as (order: number) => boolean;
  const decisive = kind === 'ANY';
  const sql = `(${orderedSql(left, operator)} ${operator} ${kind} (${right.sql}))`;
  return derive('bool', location, sql, [left, right], ([x = null, list = null]) => {
    if (list === null) return null;
    let isKnown = true;
    for (const item of list as readonly (Value | null)[]) {
      if (x === null || item === null) isKnown = false;
      else if (holds(compareValues(x, item)) === decisive) return decisive;
    }
    return isKnown ? !decisive : null;
  });
}

const CONTAINMENT: Readonly<Record<string, (a: readonly Value[], b: readonly Value[]) => boolean>> = {
  '@>': (a, b) => b.every((item) => a.some((other) => isEqual(item, other))),
  '<@': (a, b) => a.every((item) => b.some((other) => isEqual(item, other))),
  '&&': (a, b) => a.some((item) => b.some((other) => isEqual(item, other))),
};

export function isContainment(operator: string): boolean {
  return operator in CONTAINMENT;
}

/** `@>`, `<@` and `&&` of arrays. */
export function contains(operator: string, a: Expression, b: Expression, location: number): Expression {
  if (!isArrayType(a.type) && !isArrayType(b.type)) throw new WhereError(location, NO_OVERLOAD);
  const [left, right] = unify(a, b, location);
  const holds = CONTAINMENT[operator] as (a: readonly Value[], b: readonly Value[]) => boolean;
  return derive(
    'bool',
    location,
    `(${left.sql} ${operator} ${right.sql})`,
    [left, right],
    ([x = null, y = null]) => {
      if (x === null || y === null) return null;
      // NULL elements contain nothing and are contained in nothing.
      const lists = [x, y] as readonly (readonly (Value | null)[])[];
      const [one, other] = lists.map((list) => list.filter((item) => item !== null));
      const needed = operator === '@>' ? 1 : operator === '<@' ? 0 : null;
      if (needed !== null && lists[needed]?.includes(null)) return false;
      return holds(one ?? [], other ?? []);
    },
  );
}
