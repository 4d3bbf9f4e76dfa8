import type { Column } from '../source/source.ts';

/** A value of an expression: what a column's text means, comparable with others of its type's family. */
export type Value = boolean | number | bigint | string | readonly (Value | null)[];

/** Types that compare with each other. Families of one type are named like it. */
export type Family = 'number' | 'text' | 'instant' | 'bool' | 'uuid' | 'time';

interface ScalarType {
  readonly family: Family;
  /** What Postgres's own text output means. */
  readonly decode: (text: string) => Value;
  /** What somebody wrote; undefined when it is not of the type. */
  readonly parse: (text: string) => Value | undefined;
}

const integer = (text: string): Value => {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
};

const parseInteger = (bits: number) => (text: string) => {
  const trimmed = text.trim();
  if (!/^[+-]?\d{1,20}$/.test(trimmed)) return undefined;
  const value = BigInt(trimmed);
  const limit = 1n << BigInt(bits - 1);
  return value >= -limit && value < limit ? integer(value.toString()) : undefined;
};

const parseFloatText = (round: (value: number) => number) => (text: string) => {
  const trimmed = text.trim();
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(trimmed);
  if (special) {
    if (special[2]?.toLowerCase() === 'nan') return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? round(Number(trimmed)) : undefined;
};

const same = (value: number) => value;
const text: ScalarType = { family: 'text', decode: (value) => value, parse: (value) => value };

const SCALARS: Readonly<Record<string, ScalarType>> = {
  bool: {
    family: 'bool',
    decode: (value) => value === 't' || value === 'true',
    parse: (value) => {
      const word = value.trim().toLowerCase();
      if (['t', 'true', 'y', 'yes', 'on', '1'].includes(word)) return true;
      return ['f', 'false', 'n', 'no', 'off', '0'].includes(word) ? false : undefined;
    },
  },
  int2: { family: 'number', decode: Number, parse: parseInteger(16) },
  int4: { family: 'number', decode: Number, parse: parseInteger(32) },
  int8: { family: 'number', decode: integer, parse: parseInteger(64) },
  float4: {
    family: 'number',
    decode: (value) => Math.fround(Number(value)),
    parse: parseFloatText(Math.fround),
  },
  float8: { family: 'number', decode: Number, parse: parseFloatText(same) },
  // As in the original a numeric is compared as a double, on both sides.
  numeric: { family: 'number', decode: Number, parse: parseFloatText(same) },
  text,
  varchar: text,
  name: text,
  bpchar: { family: 'text', decode: trimPadding, parse: trimPadding },
  uuid: {
    family: 'uuid',
    decode: (value) => value,
    parse: (value) => {
      const match =
        /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i.exec(value);
      return match ? match.slice(1).join('-').toLowerCase() : undefined;
    },
  },
  date: { family: 'instant', decode: decodeInstant, parse: parseInstant('date') },
  timestamp: { family: 'instant', decode: decodeInstant, parse: parseInstant('timestamp') },
  timestamptz: { family: 'instant', decode: decodeInstant, parse: parseInstant('timestamptz') },
  time: { family: 'time', decode: decodeTime, parse: parseTime },
};

/** `int4`, `text[]`, `enum`, or a name that no operator knows. */
export type TypeName = string;

export function typeOfColumn(column: Column): TypeName {
  const name = column.typeKind === 'enum' ? 'enum' : column.typeKind === 'base' ? column.typeName : 'other';
  return column.isArray ? `${name}[]` : name;
}

export function isArrayType(type: TypeName): boolean {
  return type.endsWith('[]');
}

export function elementOf(type: TypeName): TypeName {
  return type.slice(0, -2);
}

export function familyOf(type: TypeName): Family | null {
  return SCALARS[type]?.family ?? null;
}

/** Reads Postgres's output of the type; types without operators stay text. */
export function decoderOf(type: TypeName): (text: string) => Value {
  if (isArrayType(type)) {
    const decode = decoderOf(elementOf(type));
    return (value) => parseArray(value, decode) ?? [];
  }
  return SCALARS[type]?.decode ?? ((value) => value);
}

/** Reads what somebody wrote as the type; undefined when it is not of the type. */
export function parseLiteral(type: TypeName, value: string): Value | undefined {
  if (isArrayType(type)) {
    let isValid = true;
    const elements = parseArray(value, (element) => {
      const parsed = SCALARS[elementOf(type)]?.parse(element);
      if (parsed === undefined) isValid = false;
      return parsed ?? '';
    });
    return isValid ? elements : undefined;
  }
  return SCALARS[type]?.parse(value);
}

function trimPadding(value: string): string {
  return value.replace(/ +$/, '');
}

/** `{a,"b,c",NULL}`; arrays in arrays become one, as `= ANY` and containment see them. */
function parseArray(value: string, decode: (text: string) => Value): (Value | null)[] | undefined {
  const body = value.slice(value.indexOf('{'));
  if (!/^\{[\s\S]*\}$/.test(body)) return undefined;
  const elements: (Value | null)[] = [];
  const token = /"((?:[^"\\]|\\[\s\S])*)"|([^{},"\\]+)/g;
  for (const [, quoted, plain] of body.matchAll(token)) {
    if (quoted !== undefined) elements.push(decode(quoted.replace(/\\([\s\S])/g, '$1')));
    else if (plain !== undefined && plain.trim().toUpperCase() === 'NULL') elements.push(null);
    else if (plain !== undefined && plain.trim() !== '') elements.push(decode(plain.trim()));
  }
  return elements;
}

/** Microseconds since 1970, exact: a number while that is safe. */
function instant(
  year: number,
  month: number,
  day: number,
  seconds: number,
  micros: number,
): number | bigint | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const total = (BigInt(date.getTime()) + BigInt(seconds) * 1000n) * 1000n + BigInt(micros);
  return Number.isSafeInteger(Number(total)) ? Number(total) : total;
}

const INSTANT =
  /^(\d{4,6})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?)?(?:(Z)|([+-])(\d{2})(?::?(\d{2}))?(?::?(\d{2}))?)?( BC)?$/;

function decodeInstant(value: string): Value {
  if (value === 'infinity') return Number.POSITIVE_INFINITY;
  if (value === '-infinity') return Number.NEGATIVE_INFINITY;
  return readInstant(value)?.value ?? Number.NaN;
}

function parseInstant(type: 'date' | 'timestamp' | 'timestamptz') {
  return (value: string): Value | undefined => {
    const read = readInstant(value.trim());
    if (read === undefined) return undefined;
    if (type === 'date') return read.hasTime ? undefined : read.value;
    return read.hasTime && read.hasZone === (type === 'timestamptz') ? read.value : undefined;
  };
}

function readInstant(
  value: string,
): { readonly value: Value; readonly hasTime: boolean; readonly hasZone: boolean } | undefined {
  const match = INSTANT.exec(value);
  if (match === null) return undefined;
  const part = (index: number) => Number(match[index] ?? 0);
  if (part(4) > 24 || part(5) > 59 || part(6) > 60) return undefined;
  const sign = match[9] === '-' ? -1 : 1;
  const zone = sign * (part(10) * 3600 + part(11) * 60 + part(12));
  const seconds = part(4) * 3600 + part(5) * 60 + part(6) - zone;
  const micros = Number((match[7] ?? '').padEnd(6, '0') || 0);
  const year = match[13] === undefined ? part(1) : 1 - part(1);
  const at = instant(year, part(2), part(3), seconds, micros);
  if (at === undefined) return undefined;
  return {
    value: at,
    hasTime: match[4] !== undefined,
    hasZone: match[8] !== undefined || match[9] !== undefined,
  };
}

function decodeTime(value: string): Value {
  return parseTime(value) ?? Number.NaN;
}

function parseTime(value: string): number | undefined {
  const match = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?$/.exec(value.trim());
  if (match === null) return undefined;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 24 || minutes > 59 || seconds > 60) return undefined;
  return (hours * 3600 + minutes * 60 + seconds) * 1e6 + Number((match[4] ?? '').padEnd(6, '0') || 0);
}
