/** A column of every kind of type that a table can have, with a value that is easily damaged on the way. */
export const EVERY_TYPE: readonly (readonly [type: string, literal: string])[] = [
  ['boolean', 'false'],
  ['smallint', '-32768'],
  ['integer', '2147483647'],
  ['bigint', '9007199254740993'],
  ['numeric', "'NaN'"],
  ['numeric(30,10)', '12345678901234567890.0123456789'],
  ['real', "'-0'"],
  ['double precision', "'Infinity'"],
  ['money', "'12.34'"],
  ['text', "E'tab\\tnewline\\n\\\\ \\'é😀'"],
  ['character varying(20)', "'  padded  '"],
  ['character(5)', "'ab'"],
  ['"char"', "'c'"],
  ['name', "'a name'"],
  ['bytea', "'\\x00ff5c27'"],
  ['date', "'4713-01-01 BC'"],
  ['time(3) without time zone', "'23:59:59.999'"],
  ['time with time zone', "'12:00+14'"],
  ['timestamp without time zone', "'infinity'"],
  ['timestamp(3) with time zone', "'2026-03-29 02:30:00.123+01'"],
  ['interval', "'1 year -2 days 03:04:05.678901'"],
  ['uuid', "'00000000-0000-0000-0000-000000000001'"],
  ['json', '\'{"a": 1, "a": 2}\''],
  ['jsonb', "'null'"],
  ['xml', "'<a/>'"],
  ['inet', "'::1/64'"],
  ['cidr', "'10.0.0.0/8'"],
  ['macaddr', "'08:00:2b:01:02:03'"],
  ['macaddr8', "'08:00:2b:01:02:03:04:05'"],
  ['bit(3)', "B'101'"],
  ['bit varying', "B'0'"],
  ['point', "'(1,2)'"],
  ['box', "'(2,2),(1,1)'"],
  ['polygon', "'((0,0),(1,1))'"],
  ['tsvector', "'''a;b'':1A'"],
  ['tsquery', "'a & b'"],
  ['int4range', "'empty'"],
  ['int8range', "'[1,5)'"],
  ['numrange', "'(,1.50]'"],
  ['tstzrange', "'[2026-01-01 00:00+00,)'"],
  ['daterange', "'[2026-01-01,2026-02-01)'"],
  ['int4multirange', "'{[1,2),[4,5)}'"],
  ['pg_lsn', "'16/B374D848'"],
  ['integer[]', "'{{1,2},{3,NULL}}'"],
  ['text[]', `'{"a,b","NULL",NULL,"\\""}'`],
  ['jsonb[]', `'{"{\\"a\\": null}"}'`],
  ['numeric(10,2)[]', "'{1.10}'"],
  ['tstzrange[]', `'{"[2026-01-01 00:00+00,)"}'`],
  ['mood', "'so-so; ok'"],
  ['mood[]', `'{"so-so; ok",NULL}'`],
  ['positive', '7'],
  ['positive[]', "'{7,NULL}'"],
];

/** Two migrations: a table of all these types, and the same as columns that are added with their values as defaults. */
export function everyTypeHistory(): readonly string[] {
  const types = `CREATE TYPE mood AS ENUM ('good', 'so-so; ok'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0);`;
  const columns = EVERY_TYPE.map(([type], index) => `c${index} ${type}`);
  const added = EVERY_TYPE.map(
    ([type, literal], index) => `ALTER TABLE every ADD COLUMN d${index} ${type} DEFAULT ${literal};`,
  );
  return [
    `${types}\nCREATE TABLE every (id integer PRIMARY KEY, ${columns.join(', ')});\nALTER TABLE every ENABLE ELECTRIC;`,
    added.join('\n'),
  ];
}
