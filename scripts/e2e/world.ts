import { mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, freePort, type TestDatabase } from '@lockstep/local-postgres';
import { bundle } from '@org/core/migrations';
import type { Browser } from 'playwright-core';
import { readStackSettings } from '../stack/settings.ts';
import { type Stack, startStack } from '../stack/start-stack.ts';
import { type Checkout, copyCheckout } from '../testing/checkout.ts';
import { launchChromium } from '../testing/chromium.ts';
import { type RequestLog, startRequestLog } from './request-log.ts';

const PROXY_PASSWORD = 'e2e-secret';

/** A production in small: real Postgres, proxy, shape server, the API's build of the base version, and a browser. */
export interface World {
  readonly database: TestDatabase;
  readonly stack: Stack;
  readonly browser: Browser;
  /** Where the API serves the web app, too. */
  readonly url: string;
  /** What was asked for at that address. */
  readonly requests: RequestLog;
  /** Lets the API serve another build of the web app from now on. */
  publishWeb(dist: string): void;
  /** Applies a checkout's migrations through the proxy, as a deploy does. */
  deploy(checkout: Checkout): Promise<void>;
  stop(): Promise<void>;
}

/** Builds the API from `base`, starts everything on the base version's migrations with seeded rows. */
export async function startWorld(webDist: string): Promise<World> {
  const base = copyCheckout();
  await base.build('apps/api');
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-world-'));
  const published = join(directory, 'web');
  symlinkSync(webDist, published, 'dir');
  const database = await createTestDatabase('e2e');
  const [proxy, electric, api] = await Promise.all([freePort(), freePort(), freePort()]);
  const settings = readStackSettings({
    DATABASE_URL: database.url,
    PG_PROXY_PASSWORD: PROXY_PASSWORD,
    PG_PROXY_PORT: String(proxy),
    ELECTRIC_PORT: String(electric),
    API_PORT: String(api),
  });
  const stack = await startStack({
    settings,
    bundle,
    api: { kind: 'built', main: join(base.path, 'apps/api/dist/main.js'), webDist: published },
    web: 'none',
  });
  const requests = await startRequestLog(stack.apiUrl);
  const browser = await launchChromium();
  return {
    database,
    stack,
    browser,
    url: requests.url,
    requests,
    publishWeb(dist) {
      unlinkSync(published);
      symlinkSync(dist, published, 'dir');
    },
    async deploy(checkout) {
      await checkout.run('db:migrate:remote', [], {
        PGHOST: '127.0.0.1',
        PGPORT: String(proxy),
        PGPASSWORD: PROXY_PASSWORD,
        PGDATABASE: database.name,
      });
    },
    async stop() {
      await browser.close();
      await requests.stop();
      await stack.stop();
      await database.drop();
      base.remove();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
