import type { MigrationBannerView } from './migration-banner.ts';
import * as styles from './styles.ts';
import { type MigrationBanner, useMigrationBanner } from './use-migration-banner.ts';

export interface ElectricMigrationBannerProps {
  /** How long the change log stays, in milliseconds. */
  readonly changeLogMs?: number;
  readonly className?: string;
}

/**
 * A6: drop it into the layout. A spinner, the progress and the table while the local schema moves, then what is new,
 * then nothing. The live region stays in the page, so that screen readers announce what appears in it.
 * Themed by `--lockstep-banner-background|color|border|dimmed|track`, `--lockstep-accent`, `--lockstep-accent-contrast`.
 */
export function ElectricMigrationBanner({ changeLogMs, className }: ElectricMigrationBannerProps) {
  const banner = useMigrationBanner(changeLogMs === undefined ? {} : { changeLogMs });
  return (
    <div
      role="status"
      aria-live="polite"
      aria-label="Database update"
      className={className}
      data-testid="migration-banner"
      data-kind={banner.view.kind}
    >
      <BannerContent {...banner} />
    </div>
  );
}

function BannerContent({ view, dismiss, retry }: MigrationBanner) {
  if (view.kind === 'hidden') return null;
  if (view.kind === 'updating') return <Updating view={view} />;
  if (view.kind === 'done') return <ChangeLog view={view} dismiss={dismiss} />;
  return (
    <div style={styles.bar}>
      <div style={styles.body}>
        <div style={styles.strong}>The database update did not finish</div>
        <div>{view.error.message}</div>
        <div style={styles.dimmed}>{view.error.remedy}</div>
      </div>
      <button type="button" style={styles.primaryButton} onClick={retry}>
        Try again
      </button>
      <button type="button" style={styles.button} onClick={dismiss}>
        Dismiss
      </button>
    </div>
  );
}

function Updating({ view }: { readonly view: Extract<MigrationBannerView, { kind: 'updating' }> }) {
  const title = view.isFirst ? 'Setting up the database…' : 'Updating database schema…';
  return (
    <div style={styles.bar}>
      <style href="lockstep-spinner" precedence="default">
        {styles.spinnerKeyframes}
      </style>
      <span aria-hidden="true" className="lockstep-spinner" style={styles.spinner} />
      <div style={styles.body}>
        <span style={styles.strong}>{title}</span>{' '}
        <span style={styles.dimmed}>
          {view.percent}%{view.table === null ? '' : ` · ${view.table}`}
        </span>
        <div
          role="progressbar"
          aria-label="Database update"
          aria-valuenow={view.percent}
          aria-valuemin={0}
          aria-valuemax={100}
          style={styles.track}
        >
          <div style={styles.fill(view.percent)} />
        </div>
      </div>
    </div>
  );
}

interface ChangeLogProps {
  readonly view: Extract<MigrationBannerView, { kind: 'done' }>;
  readonly dismiss: () => void;
}

function ChangeLog({ view, dismiss }: ChangeLogProps) {
  return (
    <div style={styles.bar}>
      <div style={styles.body}>
        <span style={styles.strong}>
          {view.summary.length === 0 ? 'The database schema is up to date' : 'What is new'}
        </span>{' '}
        <span style={styles.dimmed}>{view.to}</span>
        {view.summary.length > 0 && (
          <ul style={styles.list}>
            {view.summary.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        )}
      </div>
      <button type="button" style={styles.button} onClick={dismiss} aria-label="Dismiss what is new">
        Dismiss
      </button>
    </div>
  );
}
