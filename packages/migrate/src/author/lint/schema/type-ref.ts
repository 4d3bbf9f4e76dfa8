import type { Node, TypeName } from 'libpg-query';

/** A column's type: `int4`, `varchar` with its length, `app.mood` for a type of the history's own. */
export interface TypeRef {
  /** Postgres's own types by their catalogue name, others as `schema.name`. */
  readonly name: string;
  /** Lengths and precisions, as written. */
  readonly mods: readonly number[];
  readonly isArray: boolean;
}

/** Catalogue names, and what `format_type` calls them where that differs. */
const SQL_NAMES: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  bpchar: 'character',
  varchar: 'character varying',
  varbit: 'bit varying',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
};

const OTHER_BUILTINS = `text uuid jsonb json numeric date interval bytea xml inet cidr macaddr macaddr8 money name oid
  point line lseg box path polygon circle tsvector tsquery bit regclass regtype regproc regrole citext hstore
  int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange
  tstzmultirange datemultirange pg_lsn txid_snapshot xid cid tid char jsonpath`;
const BUILTINS: ReadonlySet<string> = new Set([...Object.keys(SQL_NAMES), ...OTHER_BUILTINS.split(/\s+/)]);

const SERIALS: Readonly<Record<string, string>> = {
  serial: 'int4',
  serial4: 'int4',
  bigserial: 'int8',
  serial8: 'int8',
  smallserial: 'int2',
  serial2: 'int2',
};

/** The names of a qualified name's parts. */
export function nameParts(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => {
    const { String: text } = node as { String?: { sval?: string } };
    return text?.sval === undefined ? [] : [text.sval];
  });
}

/** `serial` and its kin are no types: a column of one is an integer with a sequence. */
export function isSerial(type: TypeName | undefined): boolean {
  return SERIALS[nameParts(type?.names).at(-1) ?? ''] !== undefined;
}

/** `searchPath` is where a type of the history's own lies when its name has no schema. */
export function typeRef(type: TypeName | undefined, searchPath: string): TypeRef {
  const parts = nameParts(type?.names);
  const last = parts.at(-1) ?? '';
  const isOwn =
    parts.length > 1 ? parts[0] !== 'pg_catalog' : !BUILTINS.has(last) && SERIALS[last] === undefined;
  const name = isOwn ? `${parts.length > 1 ? parts.at(-2) : searchPath}.${last}` : (SERIALS[last] ?? last);
  const mods = (type?.typmods ?? []).map((node) => {
    const { A_Const } = node as { A_Const?: { ival?: { ival?: number } } };
    return A_Const?.ival?.ival ?? 0;
  });
  return { name, mods, isArray: (type?.arrayBounds ?? []).length > 0 };
}

/** As `format_type` writes it: `character varying(20)`, `integer[]`, `mood`. */
export function formatType({ name, mods, isArray }: TypeRef): string {
  const own = name.startsWith('public.') ? name.slice('public.'.length) : name;
  const suffix = isArray ? '[]' : '';
  const sql = SQL_NAMES[name] ?? own;
  if (mods.length === 0 || name === 'interval') return `${sql}${suffix}`;
  const [head, ...tail] = sql.split(/(?<=^(?:timestamp|time))(?= )/);
  return `${head}(${mods.join(',')})${tail.join('')}${suffix}`;
}
