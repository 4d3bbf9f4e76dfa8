import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase } from '@lockstep/local-postgres';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classifyFile } from '../../sql/classify.ts';
import { loadParser, type Parser } from '../../sql/parser.ts';
import { connect } from '../../testing/connect.ts';
import { parseGolden } from '../../testing/golden-lint.ts';
import { lintFiles } from './lint.ts';
import { RULES } from './registry.ts';

const GOLDEN = join(import.meta.dirname, 'golden');
let parser: Parser;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let client: pg.Client;
beforeAll(async () => {
  parser = await loadParser();
  database = await createTestDatabase('safe');
  client = await connect(database.url);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const RESET =
  'RESET ALL; DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public;';

/** Each in its own transaction, as a runner does, but for what the proxy alone understands. */
async function run(sql: string): Promise<void> {
  const statements = classifyFile(parser, sql, 'x.sql').filter(({ kind }) => kind !== 'electric');
  for (const { text } of statements) {
    if (/^set local/i.test(text)) continue;
    await client.query(/^lock/i.test(text) ? `BEGIN; ${text}; COMMIT` : text);
  }
}

test.each(RULES.map(({ name }) => name))('%s: Postgres takes what is to be pasted', async (rule) => {
  const golden = parseGolden(readFileSync(join(GOLDEN, `${rule}.in.sql`), 'utf8'), rule);
  const { findings } = lintFiles(parser, golden.files, golden);
  const last = golden.files.at(-1);
  for (const finding of findings.filter((found) => found.rule === rule)) {
    if (finding.safe === null || last === undefined) continue;
    await client.query(RESET);
    for (const { sql } of golden.files.slice(0, -1)) await run(sql);
    // The statements before it stand, and where the form comes beside the statement, so does that.
    const statements = classifyFile(parser, last.sql, 'x.sql').filter(({ kind }) => kind !== 'transaction');
    const index = statements.findIndex(({ text }) => text.startsWith(finding.sql.replace(/…$/, '')));
    const isInstead = MERGED.has(rule);
    const until = finding.safe.isAddition === true ? index + 1 : isInstead ? 0 : index;
    for (const { text } of statements.slice(0, until)) await run(text);
    for (const { sql } of finding.safe.blocks) await run(sql);
    if (finding.repeatable === null || finding.safe.isAddition === true) continue;
    await client.query(RESET);
    for (const { sql } of golden.files.slice(0, -1)) await run(sql);
    for (const { text } of statements.slice(0, index)) await run(text);
    await run(finding.repeatable);
    await run(finding.repeatable);
  }
  expect.assertions(0);
});

/** Rules whose form stands for the statements before it as well. */
const MERGED = new Set(['mergeable-alters', 'drop-trigger']);
