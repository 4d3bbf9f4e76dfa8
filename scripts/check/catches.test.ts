import { execFile, execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Checkout, copyCheckout } from '../testing/checkout.ts';

let checkout: Checkout;
/** What the files were before a test changed them; null where there was none. */
const before = new Map<string, string | null>();

beforeAll(() => {
  checkout = copyCheckout();
  // The checks look at what git knows or would add.
  execFileSync('git', ['init', '--quiet'], { cwd: checkout.path });
});
afterEach(() => {
  for (const [file, text] of before) {
    if (text === null) rmSync(join(checkout.path, file));
    else checkout.write(file, text);
  }
  before.clear();
});
afterAll(() => checkout.remove());

function remember(file: string): void {
  before.set(file, existsSync(join(checkout.path, file)) ? checkout.read(file) : null);
}

function add(file: string, text: string): void {
  remember(file);
  checkout.write(file, text);
}

function edit(file: string, from: string, to: string): void {
  remember(file);
  checkout.edit(file, from, to);
}

/** What `pnpm check <name>` prints while it fails. */
async function findings(name: string): Promise<string> {
  const outcome = await checkout.run('check', [name]).catch((error: Error) => error);
  if (typeof outcome === 'string') throw new Error(`pnpm check ${name} found nothing:\n${outcome}`);
  return outcome.message;
}

test('a generated file that somebody edited, and a schema without its migration', async () => {
  edit('packages/core/src/migrations/0003_plans.ts', 'Plans are new.', 'Plans are here.');
  edit(
    'packages/core/src/schema/tasks.ts',
    "    assigneeId: uuid('assignee_id')",
    "    effort: integer('effort'),\n    assigneeId: uuid('assignee_id')",
  );
  const found = await findings('generated');
  expect(found).toContain('packages/core/src/migrations/0003_plans.ts: not what pnpm db:compile writes');
  expect(found).toMatch(/drizzle\/: no migration holds the change of .*tasks/);
  expect(found).not.toContain('0002_comments_and_labels.ts');
});

test('a bundle that is older than its migrations, and a synced table without ENABLE ELECTRIC', async () => {
  const text = checkout.read('drizzle/0005_due_dates.sql');
  add(
    'drizzle/0005_due_dates.sql',
    `${text}\n--> statement-breakpoint\nCREATE TABLE IF NOT EXISTS "plans" ("id" text PRIMARY KEY);`,
  );
  const found = await findings('generated');
  expect(found).toContain('packages/core/src/migrations/0005_due_dates.ts: not what pnpm db:compile writes');
  expect(found).toContain('plans in drizzle/0005_due_dates.sql');
});

test('an import against the arrows', async () => {
  add('packages/sync/src/shortcut.ts', "export { shapes } from '@org/core';\n");
  add('apps/web/src/shortcut.ts', "export { createShapeGateway } from '@lockstep/sync/server';\n");
  const found = await findings('arrows');
  expect(found).toContain('packages/sync/src/shortcut.ts: imports @org/core; packages/sync may import');
  expect(found).toContain('apps/web/src/shortcut.ts: imports @lockstep/sync/server; apps/web may import');
});

test('a domain word in an engine', async () => {
  add('packages/migrate/src/words.ts', "\nexport const taskTable = 'items';\n");
  expect(await findings('words')).toContain('packages/migrate/src/words.ts:2: "task" is a word of');
});

test('an export, a file and a dependency that nobody uses', async () => {
  edit(
    'packages/protocol/src/lsn.ts',
    'export const LSN_ZERO',
    'export const LSN_ONE = 1n;\nexport const LSN_ZERO',
  );
  edit('scripts/table.ts', 'export function', 'export const unusedWidth = 80;\n\nexport function');
  add('packages/sync/src/forgotten.ts', 'export const forgotten = 1;\n');
  edit('apps/web/package.json', '"dependencies": {', '"dependencies": {\n    "cli-table3": "catalog:",');
  const found = await findings('unused');
  expect(found).toMatch(/unusedWidth +scripts\/table\.ts/);
  expect(found).toContain('packages/sync/src/forgotten.ts');
  expect(found).toMatch(/cli-table3 +apps\/web\/package\.json/);
  // What a package exports to the world needs no user here.
  expect(found).not.toContain('LSN_ONE');
});

test('a line that the formatter would write otherwise', async () => {
  add('packages/sync/src/wide.ts', 'export const wide   = 1;\n');
  add('packages/sync/src/narrow.ts', 'export const narrow = 1;\n');
  const found = await findings('format');
  expect(found).toContain('packages/sync/src/wide.ts');
  expect(found).not.toContain('packages/sync/src/narrow.ts');
});

test('a promise that nobody awaits, a hook behind a condition', async () => {
  add('packages/sync/src/floating.ts', 'export function start(run: () => Promise<void>) {\n  run();\n}\n');
  add(
    'packages/sync/src/awaited.ts',
    'export async function start(run: () => Promise<void>) {\n  await run();\n}\n',
  );
  add(
    'apps/web/src/hook.tsx',
    "import { useState } from 'react';\n\nexport function Sometimes({ on }: { on: boolean }) {\n  if (!on) return null;\n  const [text] = useState('');\n  return <p>{text}</p>;\n}\n",
  );
  // `pnpm check lint` reads every file for some fifteen seconds: here it is the same command on three.
  const found = await lint(
    'packages/sync/src/floating.ts',
    'packages/sync/src/awaited.ts',
    'apps/web/src/hook.tsx',
  );
  expect(found).toMatch(/no-floating-promises.*\n.*packages\/sync\/src\/floating\.ts/);
  expect(found).toMatch(/rules-of-hooks.*\n.*apps\/web\/src\/hook\.tsx/);
  expect(found).not.toContain('packages/sync/src/awaited.ts');
});

test('a type error, also one that a change of another package makes', async () => {
  const checked = await typesHash('@org/api');
  edit(
    'packages/protocol/src/version.ts',
    'version: SchemaVersion | null',
    'version: SchemaVersion | string',
  );
  expect(await typesHash('@org/api')).not.toBe(checked);
  await expect(checkout.types('apps/api')).rejects.toThrow(/error TS\d+/);
});

/** What has to stay the same for turbo to take a workspace's types as checked. */
async function typesHash(workspace: string): Promise<string | undefined> {
  const { stdout } = await tool('turbo', ['run', 'types', `--filter=${workspace}`, '--dry=json']);
  const { tasks } = JSON.parse(stdout) as { tasks: { taskId: string; hash: string }[] };
  return tasks.find(({ taskId }) => taskId === `${workspace}#types`)?.hash;
}

async function lint(...files: string[]): Promise<string> {
  const outcome = await tool('oxlint', ['--type-aware', '--deny-warnings', ...files]).catch(
    (error: { stdout: string }) => error,
  );
  return outcome.stdout;
}

function tool(command: string, args: readonly string[]): Promise<{ stdout: string }> {
  return promisify(execFile)(join(checkout.path, 'node_modules/.bin', command), args, { cwd: checkout.path });
}
