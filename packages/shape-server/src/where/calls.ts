import { compareValues } from './compare.ts';
import { coerce, derive, type Expression, WhereError } from './expression.ts';
import { unify } from './operators.ts';
import { familyOf, isArrayType, parseLiteral, type TypeName, type Value } from './types.ts';

/** How a cast's target may be spelled; libpg_query has already turned SQL's names into these. */
const CASTABLE = new Set(
  'bool date float4 float8 int2 int4 int8 text time timestamp timestamptz uuid varchar'.split(' '),
);

const INTEGERS = new Set(['int2', 'int4', 'int8']);
/** Types whose cast to text is their output, but for booleans. */
const TEXT_OUTPUT = new Set([...CASTABLE, 'enum', 'numeric', 'bpchar', 'name', 'unknown']);

export function cast(part: Expression, type: TypeName, location: number): Expression {
  const scalar = isArrayType(type) ? type.slice(0, -2) : type;
  if (!CASTABLE.has(scalar)) throw new WhereError(location, `unsupported type ${type}`);
  if (part.type === 'unknown') return coerce(part, type);
  if (part.type === type) return part;
  const sql = `(${part.sql}::${type})`;
  const unsupported = () => new WhereError(location, `unknown cast from type ${part.type} to type ${type}`);
  if (isArrayType(type) || isArrayType(part.type)) throw unsupported();
  if (familyOf(type) === 'text') {
    if (!TEXT_OUTPUT.has(part.type)) throw unsupported();
    return castToText(part, type, location, sql);
  }
  if (familyOf(part.type) === 'text') {
    // A row whose text is not of the type can't be in the shape; Postgres refuses the snapshot then.
    return derive(type, location, sql, [part], ([x = null]) =>
      x === null ? null : (parseLiteral(type, x as string) ?? null),
    );
  }
  if (part.type === 'bool' && type === 'int4') {
    return derive(type, location, sql, [part], ([x = null]) => (x === null ? null : x ? 1 : 0));
  }
  if (part.type === 'int4' && type === 'bool') {
    return derive(type, location, sql, [part], ([x = null]) => (x === null ? null : x !== 0));
  }
  const isWidening =
    (INTEGERS.has(part.type) && INTEGERS.has(type) && type >= part.type) ||
    (INTEGERS.has(part.type) && type === 'float8') ||
    (part.type === 'float4' && type === 'float8') ||
    (part.type === 'date' && (type === 'timestamp' || type === 'timestamptz')) ||
    (part.type === 'timestamp' && type === 'timestamptz');
  if (!isWidening) throw unsupported();
  return derive(type, location, sql, [part], ([x = null]) =>
    type === 'float8' && typeof x === 'bigint' ? Number(x) : x,
  );
}

/** The text of a column is the text that Postgres sent; it needs no value in between. */
function castToText(part: Expression, type: TypeName, location: number, sql: string): Expression {
  const family = familyOf(part.type);
  const name = columnNameOf(part);
  if (family !== 'text' && family !== 'bool' && name !== null) {
    return {
      type,
      location,
      sql,
      constant: null,
      literal: null,
      bind: (indexOf) => {
        const index = indexOf(name);
        return (row) => row[index] ?? null;
      },
    };
  }
  if (family !== 'text' && family !== 'bool' && !INTEGERS.has(part.type)) {
    throw new WhereError(location, `unknown cast from type ${part.type} to type ${type}`);
  }
  return derive(type, location, sql, [part], ([x = null]) => (x === null ? null : String(x)));
}

function columnNameOf(expression: Expression): string | null {
  return /^"(?:[^"]|"")*"$/.test(expression.sql) ? expression.sql.slice(1, -1).replaceAll('""', '"') : null;
}

export function call(name: string, parts: readonly Expression[], location: number): Expression {
  if ((name === 'lower' || name === 'upper') && parts.length === 1) {
    const part = coerce(parts[0] as Expression, 'text');
    if (familyOf(part.type) !== 'text') throw noOverload(name, parts, location);
    return derive('text', location, `${name}(${part.sql})`, [part], ([x = null]) => {
      if (x === null) return null;
      return name === 'lower' ? (x as string).toLowerCase() : (x as string).toUpperCase();
    });
  }
  throw new WhereError(location, `unknown or unsupported function ${name}/${parts.length}`);
}

function noOverload(name: string, parts: readonly Expression[], location: number): WhereError {
  const types = parts.map((part) => part.type).join(', ');
  return new WhereError(location, `Could not select a function overload for ${name}(${types})`);
}

/** COALESCE, GREATEST and LEAST. */
export function choose(
  name: 'coalesce' | 'greatest' | 'least',
  parts: readonly Expression[],
  location: number,
): Expression {
  const typed = parts.find((part) => part.type !== 'unknown') ?? (parts[0] as Expression);
  const unified = parts.map((part) => unify(part, typed, location)[0]);
  const type = (unified[0] as Expression).type;
  if (unified.some((part) => part.type !== type)) throw noOverload(name, parts, location);
  const sql = `${name}(${unified.map((part) => part.sql).join(', ')})`;
  return derive(type, location, sql, unified, (values) => {
    const present = values.filter((value) => value !== null);
    if (name === 'coalesce') return present[0] ?? null;
    const sign = name === 'greatest' ? 1 : -1;
    let chosen: Value | null = null;
    for (const value of present)
      if (chosen === null || compareValues(value, chosen) * sign > 0) chosen = value;
    return chosen;
  });
}

/** `||` of texts. */
export function concatenate(a: Expression, b: Expression, location: number): Expression {
  const [left, right] = [coerce(a, 'text'), coerce(b, 'text')];
  if (familyOf(left.type) !== 'text' || familyOf(right.type) !== 'text') {
    throw new WhereError(location, 'Could not select an operator overload');
  }
  return derive('text', location, `(${left.sql} || ${right.sql})`, [left, right], ([x = null, y = null]) =>
    x === null || y === null ? null : `${x as string}${y as string}`,
  );
}

/** LIKE and ILIKE, `%` for anything, `_` for one character, a backslash before either to mean itself. */
export function like(
  a: Expression,
  b: Expression,
  options: { readonly isNegated: boolean; readonly ignoresCase: boolean },
  location: number,
): Expression {
  const left = coerce(a, 'text');
  const right = coerce(b, 'text');
  if (familyOf(left.type) !== 'text' || familyOf(right.type) !== 'text') {
    throw new WhereError(location, 'Could not select an operator overload');
  }
  const operator = `${options.isNegated ? 'NOT ' : ''}${options.ignoresCase ? 'ILIKE' : 'LIKE'}`;
  const flags = options.ignoresCase ? 'isu' : 'su';
  const known = right.constant?.value;
  // Postgres fails on such a pattern only for the rows that reach its end.
  if (typeof known === 'string' && /(?<!\\)(?:\\\\)*\\$/.test(known)) {
    throw new WhereError(right.location, 'LIKE pattern must not end with escape character');
  }
  const compiled = typeof known === 'string' ? likePattern(known, flags) : null;
  return derive(
    'bool',
    location,
    `(${left.sql} ${operator} ${right.sql})`,
    [left, right],
    ([x = null, y = null]) => {
      if (x === null || y === null) return null;
      const pattern = compiled ?? likePattern(y as string, flags);
      return pattern.test(x as string) !== options.isNegated;
    },
  );
}

function likePattern(pattern: string, flags: string): RegExp {
  const source = pattern.replace(
    /\\([\s\S])|([%_])|[\s\S]/gu,
    (token, escaped?: string, wildcard?: string) => {
      if (wildcard !== undefined) return wildcard === '%' ? '.*' : '.';
      return (escaped ?? token).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    },
  );
  return new RegExp(`^${source}$`, flags);
}
