import { useCallback, useEffect, useRef, useState } from 'react';
import type { MigrationReport, MigrationState } from '../contract.ts';
import { HIDDEN_BANNER, type MigrationBannerView, stepMigrationBanner } from './migration-banner.ts';
import { useLocalDatabase } from './provider.tsx';

export const CHANGE_LOG_MS = 10_000;

const PAGE_OPENED_AT = new Date(performance.timeOrigin).toISOString();

export interface MigrationBanner {
  readonly view: MigrationBannerView;
  readonly dismiss: () => void;
  /** Tries a failed migration again. */
  readonly retry: () => void;
}

/** A6 without markup: what a banner of your own has to show. The change log is shown for `changeLogMs`. */
export function useMigrationBanner({ changeLogMs = CHANGE_LOG_MS } = {}): MigrationBanner {
  const { migrations } = useLocalDatabase();
  const [view, setView] = useState<MigrationBannerView>(HIDDEN_BANNER);
  const announced = useRef<MigrationReport | null>(null);

  useEffect(() => {
    const follow = (state: MigrationState) => {
      const memory = { announced: announced.current, since: PAGE_OPENED_AT };
      if (state.kind === 'idle') announced.current = state.last;
      setView((current) => stepMigrationBanner(current, state, memory));
    };
    follow(migrations.state.get());
    return migrations.state.subscribe(follow);
  }, [migrations]);

  useEffect(() => {
    if (view.kind !== 'done') return;
    const timer = setTimeout(() => setView(HIDDEN_BANNER), changeLogMs);
    return () => clearTimeout(timer);
  }, [view, changeLogMs]);

  const dismiss = useCallback(() => setView(HIDDEN_BANNER), []);
  const retry = useCallback(() => {
    // A failure arrives through `state`, and so in the view.
    migrations.checkAndMigrate().catch(() => {});
  }, [migrations]);
  return { view, dismiss, retry };
}
