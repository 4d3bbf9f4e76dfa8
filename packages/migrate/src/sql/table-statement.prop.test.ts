import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { classifyFile } from './classify.ts';
import { parseElectricStatement } from './electric-statement.ts';
import { nodeContent } from './node-walk.ts';
import { loadParser, type Parser } from './parser.ts';
import { splitStatements } from './split.ts';
import { parseTableStatement } from './table-statement.ts';

let parser: Parser;
beforeAll(async () => {
  parser = await loadParser();
});

interface RangeNode {
  readonly schemaname?: string;
  readonly relname: string;
  readonly relpersistence: 'p' | 't' | 'u';
}

/** Of CREATE TABLE, and of CREATE TABLE AS, which has its name in `into`. */
interface CreateNode {
  readonly relation?: RangeNode;
  readonly into?: { readonly rel?: RangeNode };
  readonly if_not_exists?: boolean;
  readonly partbound?: unknown;
}

const gap = fc.constantFrom(' ', '\n', '/* TABLE x */', ' -- "\r\n');
const name = fc.constantFrom(
  'a',
  'ÄbC',
  'tEMp',
  '"A b"',
  '"a.b;""c"',
  'U&"\\00e9t\\+00e900"',
  'if',
  'partition',
  'a$1',
);
const qualified = fc.oneof(
  name,
  fc.tuple(name, name).map((parts) => parts.join(' . ')),
);
const words = (...parts: readonly (string | fc.Arbitrary<string>)[]) =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)), gap).map((found) =>
    found
      .slice(0, -1)
      .filter((part) => part !== '')
      .join(found.at(-1)),
  );

const create = words(
  'create',
  fc.constantFrom('', 'temp', 'LOCAL TEMPORARY', 'global temp', 'unlogged'),
  'Table',
  fc.constantFrom('', 'if not exists'),
  qualified,
  fc.constantFrom(
    '()',
    '(id int)',
    'as select 1',
    'partition of p default',
    'of t',
    'partition of p for values in (1)',
  ),
);

test('B3 CREATE TABLE is understood as the real parser understands it', () => {
  let agreed = 0;
  fc.assert(
    fc.property(create, (sql) => {
      const outcome = parser.parse(sql);
      const node = outcome.kind === 'parsed' ? outcome.statements[0]?.node : undefined;
      if (node === undefined) return;
      const content = nodeContent(node) as CreateNode;
      const relation = content.relation ?? content.into?.rel;
      const [statement] = splitStatements(sql);
      const ours = statement === undefined ? null : parseTableStatement(sql, statement);
      const persistence = { p: 'permanent', t: 'temporary', u: 'unlogged' };
      expect(ours).toEqual({
        kind: 'create-table',
        table: { schema: relation?.schemaname ?? null, name: relation?.relname },
        persistence: persistence[relation?.relpersistence ?? 'p'],
        ifNotExists: content.if_not_exists === true,
        isPartition: content.partbound !== undefined,
      });
      agreed += 1;
    }),
    { seed: 3, numRuns: 1500 },
  );
  expect(agreed).toBeGreaterThan(800);
});

test('B7 ENABLE ELECTRIC names the table that the real parser would see', () => {
  const enable = words(
    'alter',
    'table',
    fc.constantFrom('', 'if exists'),
    fc.constantFrom('', 'only'),
    qualified,
  );
  fc.assert(
    fc.property(enable, (sql) => {
      const outcome = parser.parse(`${sql} ENABLE ROW LEVEL SECURITY`);
      if (outcome.kind === 'failed') return;
      const [known] = classifyFile(parser, `${sql} ENABLE ROW LEVEL SECURITY`, 'a.sql');
      expect(parseElectricStatement(`${sql} ENABLE ELECTRIC`)?.table).toEqual(known?.table);
    }),
    { seed: 5, numRuns: 800 },
  );
});
