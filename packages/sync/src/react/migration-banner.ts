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

export const HIDDEN_BANNER: MigrationBannerView = { kind: 'hidden' };

/** What a banner remembers: the report that it announced last, and since when (ISO 8601) reports are news to it. */
export interface BannerMemory {
  readonly announced: MigrationReport | null;
  readonly since: string;
}

/**
 * The banner's next view. A finished migration is announced when its report is new, also when it was too quick
 * for `migrating` to be seen. Not announced are those of before the page was opened, which another tab had on its
 * screen, and a database's very first: all of it would be "new".
 */
export function stepMigrationBanner(
  view: MigrationBannerView,
  state: MigrationState,
  memory: BannerMemory,
): MigrationBannerView {
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
  if (state.last !== null && isNews(state.last, memory)) {
    return { kind: 'done', to: state.last.to, summary: state.last.summary };
  }
  return view.kind === 'done' ? view : HIDDEN_BANNER;
}

function isNews(report: MigrationReport, { announced, since }: BannerMemory): boolean {
  if (report.from === null || report.finishedAt < since) return false;
  return report.finishedAt !== announced?.finishedAt;
}
