import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { loadParser, type Parser } from './parser.ts';
import { splitStatements } from './split.ts';
import { skipTrivia } from './token.ts';

let parser: Parser;
beforeAll(async () => {
  parser = await loadParser();
});

const space = fc.constantFrom(
  ' ',
  '\n',
  '\r\n',
  '\t',
  ' -- ;\n',
  ' /* ; /* \' */ " */ ',
  '  ',
  ' --é😀$$\r\n',
);
const constant = fc.constantFrom(
  "';'",
  "'it''s;'",
  "'\\'",
  `E'\\';\\\\'`,
  `E'a'\n'\\';'`,
  `E'a' -- ;\n\n 'b\\';'`,
  "'a'\n';'",
  '$$;$$',
  "$é$ ; $$ ' $é$",
  '$a$ $b$ ; $a$',
  `U&'\\0061;'`,
  "N';'",
  "B'01'",
  "X'1f'",
  '1.5e3',
  '0x1F',
  'a$b$',
  '"a;""b"',
  'U&"a;"',
  'café',
  '(1)',
  'case when a = 1 then 2 end',
  '-1 +- 2',
  '1 */* ; */ 2',
  '(select 1)',
  'begin atomic',
);
const select = fc
  .array(fc.tuple(space, constant), { minLength: 1, maxLength: 4 })
  .map((items) => `select${items.map(([gap, item]) => `${gap}${item}`).join(',')}`);
const other = fc.constantFrom(
  'create rule r as on insert to t do also (select 1; insert into u values (2))',
  'create function f() returns int begin atomic select case a when 1 then 2 end; select 1 end; end',
  'CREATE OR REPLACE PROCEDURE p(begin int) BEGIN ATOMIC END',
  "create function f() returns int language plpgsql as $$ begin return ';'; end $$",
  `create function f() returns int as 'select 1;' language sql`,
  'create table "T;" (a int default 1, b text check (b <> \';\'))',
  'do $do$ begin perform 1; end $do$',
  'begin',
  'commit',
  'end',
  "comment on table t is E'\\';'",
  'alter table t add column "end" int',
);
const separator = fc.constantFrom(';', ' ;', ';;', '; -- x\n', '\n;\n--> statement-breakpoint\n', ';/* ; */');
const script = fc
  .tuple(
    fc.constantFrom('', '\uFEFF', ' ', '-- é ;\n'),
    fc.array(
      fc.tuple(fc.oneof({ weight: 3, arbitrary: select }, { weight: 2, arbitrary: other }), separator),
      {
        maxLength: 6,
      },
    ),
    fc.constantFrom('', ' ', '-- end', '/* ; */', 'select 1', "select 'é' -- x"),
  )
  .map(([head, body, tail]) => head + body.map(([statement, gap]) => statement + gap).join('') + tail);

function expectAgreement(sql: string): boolean {
  const outcome = parser.parse(sql);
  if (outcome.kind === 'failed') return false;
  const ours = splitStatements(sql);
  expect(ours.length).toBe(outcome.statements.length);
  outcome.statements.forEach((theirs, index) => {
    const own = ours[index];
    expect(own?.start).toBe(skipTrivia(sql, theirs.start));
    // The parser's length reaches to the semicolon: between our end and its there may only be comments.
    expect(skipTrivia(sql.slice(0, theirs.end), own?.end ?? 0)).toBe(theirs.end);
  });
  return true;
}

test('splits as the real parser does', () => {
  let agreed = 0;
  fc.assert(
    fc.property(script, (sql) => {
      if (expectAgreement(sql)) agreed += 1;
    }),
    { seed: 20, numRuns: 3000 },
  );
  expect(agreed).toBeGreaterThan(1500);
});

test('splits any text that the parser accepts as it does, and never fails', () => {
  const noise = fc
    .array(
      fc.constantFrom(
        "'",
        '"',
        '$',
        '$$',
        '$a$',
        ';',
        '--',
        '/*',
        '*/',
        '\n',
        '\\',
        'E',
        "U&'",
        '(',
        ')',
        'select',
        ' ',
        'a',
        '1',
        'é',
        '😀',
        ',',
        '-',
      ),
      { maxLength: 14 },
    )
    .map((parts) => parts.join(''));
  let agreed = 0;
  fc.assert(
    fc.property(fc.tuple(fc.constantFrom('', 'select ', "select '", "select E'"), noise), ([head, tail]) => {
      const statements = splitStatements(head + tail);
      for (const { start, end } of statements) expect(start).toBeLessThan(end);
      if (expectAgreement(head + tail)) agreed += 1;
    }),
    { seed: 21, numRuns: 20000 },
  );
  expect(agreed).toBeGreaterThan(500);
});

test('control: a splitter on semicolons alone is caught', () => {
  const naive = (sql: string) => sql.split(';').filter((part) => part.trim() !== '').length;
  const outcome = fc.check(
    fc.property(script, (sql) => {
      const real = parser.parse(sql);
      return real.kind === 'failed' || real.statements.length === naive(sql);
    }),
    { seed: 20, numRuns: 200 },
  );
  expect(outcome.failed).toBe(true);
});
