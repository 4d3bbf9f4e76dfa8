import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import type { LocalDatabase, MigrationState, SyncStatus } from '../contract.ts';
import { createCell, selectFrom } from '../observable.ts';
import { ElectricMigrationBanner } from './electric-migration-banner.tsx';
import { LockstepProvider } from './provider.tsx';
import { ReloadNotice } from './reload-notice.tsx';

/** As much of a database as the components look at. */
function databaseWith(isReloadOffered: boolean): LocalDatabase {
  const page = { tag: '0001_one', index: 1, chain: 'a'.repeat(64) };
  const status: SyncStatus = {
    kind: 'live',
    shapes: {},
    versions: { page, local: page, server: page },
    isReloadOffered,
    isLeader: true,
    error: null,
  };
  const state = createCell<MigrationState>({ kind: 'idle', last: null });
  const migrations = { state, isMigrating: selectFrom(state, () => false) };
  return { status: createCell(status), migrations } as unknown as LocalDatabase;
}

const render = (database: LocalDatabase, element: React.ReactNode) =>
  renderToStaticMarkup(<LockstepProvider database={database}>{element}</LockstepProvider>);

describe('A5: the reload notice', () => {
  test('is a live region without words until a reload is offered', () => {
    const html = render(databaseWith(false), <ReloadNotice />);
    expect(html).toContain('role="status"');
    expect(html).not.toContain('A new version is ready');
  });

  test('offers the reload for the database’s reason or the application’s', () => {
    expect(render(databaseWith(true), <ReloadNotice />)).toContain('A new version is ready.');
    expect(render(databaseWith(false), <ReloadNotice isOffered />)).toContain('>Reload</button>');
  });
});

test('A6: the banner’s live region is there before it speaks', () => {
  const html = render(databaseWith(false), <ElectricMigrationBanner className="banner" />);
  expect(html).toContain('aria-label="Database update"');
  expect(html).toContain('class="banner"');
});

test('a component without a provider says what is missing', () => {
  expect(() => renderToStaticMarkup(<ReloadNotice />)).toThrow('<LockstepProvider>');
});
