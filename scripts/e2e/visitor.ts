import type { BrowserContext, Locator, Page } from 'playwright-core';

/** A person at a page: what they do, and what they see. */
export interface Visitor {
  readonly page: Page;
  /** What the page's console and network said that no person should meet. */
  readonly complaints: string[];
  row(title: string): Locator;
  search(text: string): Promise<void>;
  openTask(title: string): Promise<void>;
  /** A property of the open task, by its column. */
  property(column: string): Locator;
  status(): Locator;
  banner(): Locator;
  reloadNotice(): Locator;
}

/** Opens the app in a new tab and, where nobody is signed in yet, signs in. */
export async function visit(context: BrowserContext, url: string, name: string): Promise<Visitor> {
  const page = await context.newPage();
  const visitor = observe(page);
  await page.goto(url);
  const person = page.getByRole('list', { name: 'People' }).getByText(name);
  const list = page.getByTestId('task-list');
  await person.or(list).first().waitFor();
  if (await person.isVisible()) await person.click();
  await page.getByTestId('task-row').first().waitFor();
  return visitor;
}

function observe(page: Page): Visitor {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isNetworkNoise(message.text())) complaints.push(message.text());
  });
  return {
    page,
    complaints,
    row: (title) => page.getByTestId('task-row').filter({ hasText: title }),
    search: (text) => page.getByRole('searchbox', { name: 'Search tasks' }).fill(text),
    async openTask(title) {
      await page.getByRole('searchbox', { name: 'Search tasks' }).fill(title);
      await page.getByTestId('task-row').filter({ hasText: title }).first().getByRole('link').click();
      await page.getByTestId('task-panel').waitFor();
    },
    property: (column) => page.getByTestId('task-panel').locator(`[data-column="${column}"]`).first(),
    status: () => page.getByTestId('sync-status'),
    banner: () => page.getByTestId('migration-banner'),
    reloadNotice: () => page.getByTestId('reload-notice'),
  };
}

/** What Chromium itself prints for a request that failed: the tests cut the network on purpose. */
function isNetworkNoise(text: string): boolean {
  return text.startsWith('Failed to load resource');
}
