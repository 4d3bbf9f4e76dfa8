import { expect, test } from 'vitest';
import { splitStatements } from './split.ts';

const texts = (sql: string) => splitStatements(sql).map((statement) => statement.text);

test.each([
  ['two statements', 'a;b', ['a', 'b']],
  ['nothing', '  -- only words\n /* ; */ ;; ', []],
  ['a quoted semicolon', `select ';'''; select ";"""`, [`select ';'''`, 'select ";"""']],
  ['escapes', `select E'\\';'; select 'a\\'; b`, [`select E'\\';'`, `select 'a\\'`, 'b']],
  ['an escape string over lines', `select E'a' -- x\n 'b\\';c'; d`, [`select E'a' -- x\n 'b\\';c'`, 'd']],
  ['no continuation on one line', `select E'a' 'b\\'; c`, [`select E'a' 'b\\'`, 'c']],
  ['dollar quotes', 'do $a$ ; $b$ ; $$ $a$; select $1', ['do $a$ ; $b$ ; $$ $a$', 'select $1']],
  ['a dollar in a name', 'select a$b$; c$b$', ['select a$b$', 'c$b$']],
  ['nested comments', 'a /* ; /* ; */ ; */ b; c', ['a /* ; /* ; */ ; */ b', 'c']],
  ['an operator before a comment', 'select 1 +-- ;\n 2; b', ['select 1 +-- ;\n 2', 'b']],
  [
    'a rule',
    'create rule r as on insert to t do (select 1; select 2); b',
    ['create rule r as on insert to t do (select 1; select 2)', 'b'],
  ],
  [
    'a standard body',
    'create or replace function f() returns int begin atomic select case when 1=1 then 2 end; select 1 end; end; b',
    [
      'create or replace function f() returns int begin atomic select case when 1=1 then 2 end; select 1 end; end',
      'b',
    ],
  ],
  ['a label named atomic', 'select begin atomic; b; end', ['select begin atomic', 'b', 'end']],
  ['unicode names', `select U&"d\\0061;t", U&'\\'; b`, [`select U&"d\\0061;t", U&'\\'`, 'b']],
  ['a byte order mark and CRLF', '\uFEFFa;\r\nb\r\n', ['a', 'b']],
  ['a quote that never ends', "a; select 'b;c", ['a', "select 'b;c"]],
])('splits %s', (_name, sql, expected) => {
  expect(texts(sql)).toEqual(expected);
});

test('offsets are in UTF-16 units and leave the comments around out', () => {
  const sql = '/* 😀 */ select 1 /* é */ ; -- x\nb -- end';
  const [first, second] = splitStatements(sql);
  expect(first).toMatchObject({ start: 9, end: 17, semicolon: 26 });
  expect(second).toMatchObject({ start: 33, end: 34, semicolon: null });
  expect(sql.slice(33, 34)).toBe('b');
});
