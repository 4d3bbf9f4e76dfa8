import type { ErrorReport, MigrationReport, MigrationState } from '../contract.ts';

/** What the banner shows. `done` is the change log; it goes by itself. */
export type MigrationBannerView =
  | { readonly kind: 'hidden' }
  | {
      readonly kind: 'updating';
      /** 0 to 100. */
      readonly percent: number;
      readonly table: string | null;
      readonly to: string;
      readonly isFirst: boolean;
    }
  | { readonly kind: 'done'; readonly to: string; readonly summary: readonly string[] }
  | { readonly kind: 'failed'; readonly error: ErrorReport };

export type MigrationBannerEvent =
  | { readonly kind: 'state'; readonly state: MigrationState }
  | { readonly kind: 'dismissed' }
  | { readonly kind: 'expired' };

export const HIDDEN_BANNER: MigrationBannerView = { kind: 'hidden' };

/**
 * The banner's next view. A finished migration is announced when its report is new, also when it was too quick
 * for `migrating` to be seen; a database's very first one is not: all of it would be "new".
 */
export function stepMigrationBanner(
  view: MigrationBannerView,
  event: MigrationBannerEvent,
  lastReport: MigrationReport | null,
): MigrationBannerView {
  if (event.kind === 'dismissed') return HIDDEN_BANNER;
  if (event.kind === 'expired') return view.kind === 'done' ? HIDDEN_BANNER : view;
  const { state } = event;
  if (state.kind === 'failed') return { kind: 'failed', error: state.error };
  if (state.kind === 'migrating') {
    return {
      kind: 'updating',
      percent: Math.round(Math.min(1, Math.max(0, state.progress)) * 100),
      table: state.table,
      to: state.to,
      isFirst: state.from === null,
    };
  }
  const isNews = state.last !== null && state.last.finishedAt !== lastReport?.finishedAt;
  if (isNews && state.last !== null && state.last.from !== null) {
    return { kind: 'done', to: state.last.to, summary: state.last.summary };
  }
  return view.kind === 'done' ? view : HIDDEN_BANNER;
}
