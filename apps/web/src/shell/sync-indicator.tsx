import { useSyncStatus } from '@lockstep/sync/react';
import { Tooltip } from '@mantine/core';
import { Link } from 'wouter';
import classes from './sync-indicator.module.css';
import { describeSync } from './sync-words.ts';

/** The corner that says whether this screen is in step with the server. Leads to the Database page. */
export function SyncIndicator() {
  const words = describeSync(useSyncStatus());
  return (
    <Tooltip label={words.detail} multiline maw={280}>
      <Link
        href="/database"
        className={classes.indicator ?? ''}
        data-testid="sync-status"
        data-tone={words.tone}
      >
        <span className={classes.dot} aria-hidden="true" />
        <span role="status" aria-label="Sync" className={classes.text}>
          {words.text}
        </span>
        {words.percent !== null && (
          <span className={classes.track} aria-hidden="true">
            <span className={classes.fill} style={{ width: `${words.percent}%` }} />
          </span>
        )}
      </Link>
    </Tooltip>
  );
}
