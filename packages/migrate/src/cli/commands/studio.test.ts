import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@lockstep/local-postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const BIN = join(dirname(fileURLToPath(import.meta.url)), '../../../bin/lockstep.js');
const ITEMS = { tag: '0000_items', sql: 'CREATE TABLE "items" ("id" uuid PRIMARY KEY);' };

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout([ITEMS]);
  await checkout.write(
    'drizzle.config.ts',
    "export default { dialect: 'postgresql', schema: './schema.ts', out: './drizzle' };\n",
  );
  await checkout.write(
    'schema.ts',
    "import { pgTable, uuid } from 'drizzle-orm/pg-core';\nexport const items = pgTable('items', { id: uuid('id').primaryKey() });\n",
  );
});
afterAll(() => checkout.remove());

test('E5: studio serves a PGlite directory, keeps others out of it, and lets go at the end', async () => {
  const missing = await checkout.run(['studio', '--database', 'file:app.db']);
  expect(missing.exitCode).toBe(EXIT.usage);
  expect(missing.stderr).toContain('no database app.db to look into');
  expect(existsSync(join(checkout.path, 'app.db'))).toBe(false);

  expect((await lockstep(['migrate', '--database', 'file:app.db']).ended).code).toBe(EXIT.done);
  const port = String(await freePort());
  const studio = lockstep(['studio', '--database', 'file:app.db', '--port', port]);
  await studio.saying('up and running');
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBeLessThan(500);
  const second = await lockstep(['status', '--database', 'file:app.db']).ended;
  expect(second.text).toContain('EMBEDDED_LOCKED');
  studio.child.kill('SIGINT');
  expect((await studio.ended).code).toBe(EXIT.done);
  const after = await lockstep(['status', '--database', 'file:app.db']).ended;
  expect(after.text).toContain('1 applied, 0 pending');
}, 180_000);

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
  saying(words: string): Promise<void>;
}

function lockstep(argv: readonly string[]): Running {
  const child = spawn(
    process.execPath,
    ['--conditions=@lockstep/source', '--no-warnings', '--import', import.meta.resolve('tsx'), BIN, ...argv],
    { cwd: checkout.path, env: { ...process.env, DATABASE_URL: '', PGHOST: '', CI: '' } },
  );
  let text = '';
  const listeners = new Set<() => void>();
  const collect = (chunk: Buffer) => {
    text += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise<{ code: number | null; text: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, text }));
  });
  const saying = (words: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => void (text.includes(words) && resolve());
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`It ended without saying "${words}":\n${text}`)));
    });
  return { child, ended, saying };
}
