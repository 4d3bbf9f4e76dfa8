import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classifyFile } from '../../../sql/classify.ts';
import { loadParser, type Parser } from '../../../sql/parser.ts';
import { plainForm } from '../../../sql/plain-form.ts';
import { describeCatalogue, describeModel } from '../../../testing/describe-schema.ts';
import { parseGolden } from '../../../testing/golden-lint.ts';
import { randomHistory } from '../../../testing/random-history.ts';
import { openReplayLab, type ReplayLab } from '../../../testing/replay-lab.ts';
import { applyStatement } from './apply.ts';
import { emptySchema, type Schema } from './schema.ts';

let lab: ReplayLab;
let parser: Parser;
beforeAll(async () => {
  [lab, parser] = await Promise.all([openReplayLab(), loadParser()]);
});
afterAll(() => lab.close());

/** Runs a file on both, statement by statement; what Postgres refuses is left out of both. Answers how many ran. */
async function runOnBoth(schema: Schema, sql: string): Promise<number> {
  let ran = 0;
  schema.searchPath = 'public';
  await lab.db.exec('RESET ALL');
  for (const statement of classifyFile(parser, sql, 'x.sql')) {
    const plain = plainForm(statement, sql);
    // What a DO block does isn't seen: it runs on neither.
    if ((plain === null && statement.kind !== 'electric') || statement.kind === 'opaque') continue;
    try {
      if (plain !== null) await lab.db.exec(plain);
    } catch {
      continue;
    }
    applyStatement(schema, statement, 'x');
    ran += 1;
  }
  return ran;
}

test('the schema read off random histories is the one that Postgres has', async () => {
  const history = fc
    .array(fc.record({ operation: fc.nat(), pick: fc.nat({ max: 1000 }), endsMigration: fc.boolean() }), {
      minLength: 10,
      maxLength: 25,
    })
    .map(randomHistory);
  await fc.assert(
    fc.asyncProperty(history, async (files) => {
      await lab.reset();
      const schema = emptySchema();
      for (const sql of files) await runOnBoth(schema, sql);
      expect(describeModel(schema)).toEqual(await describeCatalogue(lab.db));
    }),
    { seed: 11, numRuns: process.env.LOCKSTEP_LONG === '1' ? 200 : 12 },
  );
});

const GOLDEN = join(import.meta.dirname, '../golden');
const RULES = readdirSync(GOLDEN).filter(
  // What code does inside of a DO block isn't seen.
  (name) => name.endsWith('.in.sql') && !name.startsWith('opaque-code'),
);

test.each(RULES)('the schema read off %s is the one that Postgres has', async (name) => {
  await lab.reset();
  const schema = emptySchema();
  const { files } = parseGolden(readFileSync(join(GOLDEN, name), 'utf8'), name);
  let ran = 0;
  for (const { sql } of files) ran += await runOnBoth(schema, sql);
  expect(ran).toBeGreaterThan(1);
  expect(describeModel(schema)).toEqual(await describeCatalogue(lab.db));
});

test('control: a model that overlooks DROP COLUMN is caught', async () => {
  await lab.reset();
  const schema = emptySchema();
  await runOnBoth(schema, 'CREATE TABLE t (a integer, b integer);');
  await lab.db.exec('ALTER TABLE t DROP COLUMN b');
  expect(describeModel(schema)).not.toEqual(await describeCatalogue(lab.db));
});
