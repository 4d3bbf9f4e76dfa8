import { quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import type { Column, RowValues } from '../source/source.ts';
import { decoderOf, parseLiteral, type TypeName, typeOfColumn, type Value } from './types.ts';

export type Evaluate = (row: RowValues) => Value | null;

/** An expression whose type is known. `sql` is what Postgres evaluates, `bind` gives what we evaluate. */
export interface Expression {
  /** `unknown` for a text literal or NULL that has found no type yet. */
  readonly type: TypeName;
  readonly location: number;
  readonly sql: string;
  /** The value, where it does not depend on the row. */
  readonly constant: { readonly value: Value | null } | null;
  /** For `unknown`: what was written; null for NULL. */
  readonly literal: string | null;
  readonly bind: (indexOf: (column: string) => number) => Evaluate;
}

/** What is wrong with a clause, and where; never reaches a caller of `compileWhere`. */
export class WhereError extends Error {
  readonly location: number;
  constructor(location: number, message: string) {
    super(message);
    this.location = location;
  }
}

export function constantExpression(
  type: TypeName,
  value: Value | null,
  text: string | null,
  location: number,
): Expression {
  const literal = text === null ? 'NULL' : quoteLiteral(text);
  return {
    type,
    location,
    sql: type === 'unknown' ? literal : `${literal}::${type}`,
    constant: { value },
    literal: type === 'unknown' ? text : null,
    bind: () => () => value,
  };
}

export function columnExpression(column: Column, location: number): Expression {
  const type = typeOfColumn(column);
  const decode = decoderOf(type);
  return {
    type,
    location,
    sql: quoteIdentifier(column.name),
    constant: null,
    literal: null,
    bind: (indexOf) => {
      const index = indexOf(column.name);
      return (row) => {
        const text = row[index];
        return text === null || text === undefined ? null : decode(text);
      };
    },
  };
}

/** Gives an untyped literal its type. Throws WhereError when its text is not of the type. */
export function coerce(expression: Expression, type: TypeName): Expression {
  if (expression.type !== 'unknown') return expression;
  const { literal, location } = expression;
  if (literal === null) return constantExpression(type, null, null, location);
  const value = parseLiteral(type, literal);
  if (value === undefined) throw new WhereError(location, `invalid syntax for type ${type}: ${literal}`);
  return constantExpression(type, value, literal, location);
}

/** An expression of others: evaluated once when they are all constants. */
export function derive(
  type: TypeName,
  location: number,
  sql: string,
  parts: readonly Expression[],
  compute: (values: readonly (Value | null)[]) => Value | null,
): Expression {
  const constants = parts.map((part) => part.constant);
  const constant = constants.every((found) => found !== null)
    ? { value: compute(constants.map((found) => found.value)) }
    : null;
  return {
    type,
    location,
    sql,
    constant,
    literal: null,
    bind: (indexOf) => {
      if (constant !== null) return () => constant.value;
      const [first, second, ...rest] = parts.map((part) => part.bind(indexOf));
      if (first === undefined) return () => compute([]);
      if (second === undefined) return (row) => compute([first(row)]);
      if (rest.length === 0) return (row) => compute([first(row), second(row)]);
      return (row) => compute([first(row), second(row), ...rest.map((part) => part(row))]);
    },
  };
}
