import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Checkout, copyCheckout } from '../testing/checkout.ts';
import { addRenameColumn } from '../testing/migration.ts';
import { downloadedShapes } from './request-log.ts';
import { type Visitor, visit } from './visitor.ts';
import { startWorld, type World } from './world.ts';

/**
 * The product's main path on production builds, in one story. The page's code knows a column that the server doesn't
 * have yet; the API was built, and started, before the deploy.
 */
const ESTIMATE = "    estimate: integer('estimate').notNull().default(1),\n";
const SEEN_MS = 20_000;

let next: Checkout;
let world: World;
let adasBrowser: BrowserContext;
let gretasBrowser: BrowserContext;
let ada: Visitor;
let adasOtherTab: Visitor;
let greta: Visitor;

beforeAll(async () => {
  next = copyCheckout();
  next.edit('packages/core/src/schema/tasks.ts', '    assigneeId:', `${ESTIMATE}    assigneeId:`);
  await next.run('db:setup', ['--name', 'add_estimate']);
  world = await startWorld(await buildWeb('first'));
  adasBrowser = await world.browser.newContext();
  gretasBrowser = await world.browser.newContext();
  ada = await visit(adasBrowser, world.url, 'Ada Okafor');
  adasOtherTab = await visit(adasBrowser, world.url, 'Ada Okafor');
  greta = await visit(gretasBrowser, world.url, 'Greta Lindqvist');
}, 300_000);

afterAll(async () => {
  await world.stop();
  next.remove();
}, 60_000);

async function buildWeb(name: string): Promise<string> {
  await next.build('apps/web');
  const dist = join(next.path, `web-${name}`);
  cpSync(join(next.path, 'apps/web/dist'), dist, { recursive: true });
  return dist;
}

const everybody = () => [ada, adasOtherTab, greta];

/** A third party: straight into Postgres, past the API. */
async function insertTask(title: string): Promise<string> {
  const id = randomUUID();
  await world.database.query(
    `INSERT INTO tasks (id, workspace_id, project_id, number, title)
     SELECT $1, workspace_id, id, 100000 + floor(random() * 1e6)::int, $2 FROM projects WHERE name = 'Checkout'`,
    [id, title],
  );
  return id;
}

test('a row written straight into Postgres appears on every page', async () => {
  await insertTask('Written by a third party');
  await Promise.all(
    everybody().map(async (visitor) => {
      await visitor.search('Written by a third party');
      await vi.waitFor(
        async () => expect(await visitor.row('Written by a third party').count()).toBe(1),
        SEEN_MS,
      );
    }),
  );
});

test('an edit on one page appears on the others', async () => {
  await Promise.all(everybody().map((visitor) => visitor.openTask('Written by a third party')));
  const title = ada.page.getByTestId('task-title');
  await title.fill('Edited by Ada');
  await title.press('Enter');
  await Promise.all(
    everybody().map((visitor) =>
      vi.waitFor(
        async () => expect(await visitor.property('title').getAttribute('data-value')).toBe('Edited by Ada'),
        SEEN_MS,
      ),
    ),
  );
});

test('a reload without network shows and searches the data, and the page follows again afterwards', async () => {
  await waitForOfflineShell(greta);
  await gretasBrowser.setOffline(true);
  await greta.page.reload();
  await greta.search('Edited by Ada');
  await greta.row('Edited by Ada').waitFor({ timeout: SEEN_MS });
  await vi.waitFor(async () => expect(await greta.status().innerText()).toContain('Offline'), SEEN_MS);
  await gretasBrowser.setOffline(false);
  await insertTask('Written while Greta was away');
  await greta.search('Written while Greta was away');
  await greta.row('Written while Greta was away').waitFor({ timeout: 60_000 });
}, 180_000);

test('a deployed column: banner, change log, the value in the task view, no reload (A4-A8)', async () => {
  await world.database.query("UPDATE tasks SET description = 'known before' WHERE title = 'Edited by Ada'");
  for (const visitor of everybody()) {
    await visitor.search('');
    await visitor.openTask('Edited by Ada');
    await visitor.page.evaluate('globalThis.wasHereBefore = true');
  }
  world.requests.paths.length = 0;
  const banners = everybody().map((visitor) => visitor.banner().waitFor({ timeout: 30_000 }));
  await world.deploy(next);
  await world.database.query("UPDATE tasks SET estimate = 8 WHERE title = 'Edited by Ada'");
  await Promise.all(banners);
  for (const visitor of everybody()) {
    await visitor.banner().getByText('Tasks have an estimate now').waitFor({ timeout: SEEN_MS });
    await vi.waitFor(
      async () => expect(await visitor.property('estimate').getAttribute('data-value')).toBe('8'),
      SEEN_MS,
    );
    expect(await visitor.page.evaluate('globalThis.wasHereBefore')).toBe(true);
  }
});

test('existing rows have the server’s values, and no other table was downloaded (A5, A8)', async () => {
  const [server] = await world.database.query<{ estimates: string }>(
    "SELECT string_agg(estimate::text, ',' ORDER BY t.id) AS estimates FROM tasks t JOIN workspaces w ON w.id = t.workspace_id WHERE w.key = 'ENG'",
  );
  await vi.waitFor(async () => expect(await localEstimates(ada)).toBe(server?.estimates), SEEN_MS);
  expect(downloadedShapes(world.requests.paths)).toEqual(new Set(['tasks']));
  for (const visitor of everybody()) {
    await visitor.banner().waitFor({ state: 'hidden', timeout: 60_000 });
  }
});

test('a value typed later by a third party arrives as any change does', async () => {
  await world.database.query("UPDATE tasks SET estimate = 13 WHERE title = 'Edited by Ada'");
  await vi.waitFor(
    async () => expect(await ada.property('estimate').getAttribute('data-value')).toBe('13'),
    SEEN_MS,
  );
});

test('a renamed column that the page uses: nothing breaks, the reload is offered, and all is well after it (A5, A7)', async () => {
  next.edit('packages/core/src/schema/tasks.ts', "title: text('title')", "title: text('headline')");
  addRenameColumn(next, { table: 'tasks', from: 'title', to: 'headline' });
  await next.run('db:setup');
  await world.deploy(next);
  await Promise.all(everybody().map((visitor) => visitor.reloadNotice().waitFor({ timeout: SEEN_MS })));
  for (const visitor of everybody()) {
    await visitor.search('Edited by');
    await visitor.row('Edited by Ada').waitFor();
    expect(visitor.complaints).toEqual([]);
  }
  world.publishWeb(await buildWeb('second'));
  await world.database.query(
    "UPDATE tasks SET headline = 'Renamed on the server' WHERE headline = 'Edited by Ada'",
  );
  for (const visitor of [ada, greta]) await reload(visitor);
  for (const visitor of [ada, greta]) {
    await visitor.search('Renamed on the server');
    await visitor.row('Renamed on the server').waitFor({ timeout: 60_000 });
    expect(visitor.complaints).toEqual([]);
  }
}, 180_000);

test('two identities in one browser never get each other’s rows', async () => {
  const context = await world.browser.newContext();
  const visitor = await visit(context, world.url, 'Bruno Keller');
  await visitor.page.getByTestId('identity').click();
  await visitor.page.getByRole('menuitem', { name: 'Ines Duarte' }).click();
  await visitor.page.getByTestId('identity').getByText('Ines Duarte').waitFor({ timeout: SEEN_MS });
  await visitor.page.getByTestId('task-row').filter({ hasText: 'MKT-' }).first().waitFor({ timeout: 60_000 });
  expect(await query(visitor, 'SELECT string_agg(DISTINCT key, $$,$$) FROM workspaces')).toBe('MKT');
  expect(
    await query(
      visitor,
      'SELECT count(*) FROM tasks t WHERE NOT EXISTS (SELECT FROM workspaces w WHERE w.id = t.workspace_id)',
    ),
  ).toBe('0');
  const secondTab = await visit(context, world.url, 'Bruno Keller');
  expect(await secondTab.page.getByTestId('identity').innerText()).toContain('Ines Duarte');
  await context.close();
});

/** The offline shell is ready when the service worker that holds it controls the page. */
async function waitForOfflineShell(visitor: Visitor): Promise<void> {
  await visitor.page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await vi.waitFor(
    async () => {
      if (!(await visitor.page.evaluate('navigator.serviceWorker.controller !== null')))
        await visitor.page.reload();
      expect(await visitor.page.evaluate('navigator.serviceWorker.controller !== null')).toBe(true);
    },
    { timeout: 60_000, interval: 1000 },
  );
  await visitor.page.getByTestId('task-list').waitFor();
}

async function reload(visitor: Visitor): Promise<void> {
  await Promise.all([
    visitor.page.waitForEvent('load', { timeout: 60_000 }),
    visitor
      .reloadNotice()
      .getByRole('button', { name: /reload/i })
      .click(),
  ]);
}

function localEstimates(visitor: Visitor): Promise<string> {
  return query(
    visitor,
    "SELECT string_agg(estimate::text, ',' ORDER BY t.id) FROM tasks t JOIN workspaces w ON w.id = t.workspace_id WHERE w.key = 'ENG'",
  );
}

/** One value of the page's own Postgres. */
async function query(visitor: Visitor, sql: string): Promise<string> {
  const rows = await visitor.page.evaluate(`globalThis.lockstep.sql(${JSON.stringify(sql)})`);
  return String(Object.values((rows as Record<string, unknown>[])[0] ?? {})[0]);
}
