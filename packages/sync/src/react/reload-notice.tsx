import { useState } from 'react';
import * as styles from './styles.ts';
import { useSyncStatus } from './use-sync-status.ts';

export interface ReloadNoticeProps {
  /** Offer it for a reason of the application's own as well, e.g. a waiting service worker. */
  readonly isOffered?: boolean;
  /** What a click does; `location.reload()` by default. */
  readonly onReload?: () => void | Promise<void>;
  readonly className?: string;
}

/** A5: "A new version is ready", when the server moved beyond what the page's code can follow. Never reloads by itself. */
export function ReloadNotice({ isOffered = false, onReload, className }: ReloadNoticeProps) {
  const { isReloadOffered } = useSyncStatus();
  const [isReloading, setIsReloading] = useState(false);
  const isShown = isOffered || isReloadOffered;
  const reload = async () => {
    setIsReloading(true);
    try {
      await (onReload ?? (() => location.reload()))();
    } catch {
      setIsReloading(false);
    }
  };
  return (
    <div
      role="status"
      aria-live="polite"
      aria-label="New version"
      className={className}
      data-testid="reload-notice"
    >
      {isShown && (
        <div style={{ ...styles.bar, alignItems: 'center' }}>
          <div style={styles.body}>
            <span style={styles.strong}>A new version is ready.</span>{' '}
            <span style={styles.dimmed}>This page goes on working as it is until you reload.</span>
          </div>
          <button type="button" style={styles.primaryButton} onClick={reload} disabled={isReloading}>
            {isReloading ? 'Reloading…' : 'Reload'}
          </button>
        </div>
      )}
    </div>
  );
}
