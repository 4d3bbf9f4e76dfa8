import { useElectricMigrations, useSyncStatus } from '@lockstep/sync/react';
import { Page, Section } from '../../../ui/page.tsx';
import { useInspection } from '../use-inspection.ts';
import { AppliedMigrations } from './applied-migrations.tsx';
import classes from './database.module.css';
import { DatabaseActions } from './database-actions.tsx';
import { LastMigration } from './last-migration.tsx';
import { QueryBox } from './query-box.tsx';
import { TableList } from './table-list.tsx';
import { Versions } from './versions.tsx';

/** A12: everything there is to know about this browser's own Postgres. */
export function DatabasePage() {
  const status = useSyncStatus();
  const { state } = useElectricMigrations();
  const { inspection, error, refresh } = useInspection();
  const report = state.kind === 'idle' ? state.last : null;
  return (
    <Page
      title="Database"
      intro="This browser has a Postgres of its own. Here is what is in it, and how far it is in step with the server’s."
      actions={<DatabaseActions onDone={refresh} />}
    >
      {error !== null && (
        <p role="alert" className={classes.bad}>
          {error.message} {error.remedy}
        </p>
      )}
      {status.error !== null && (
        <p role="alert" className={classes.bad}>
          {status.error.code}: {status.error.message} {status.error.remedy}
        </p>
      )}
      <Versions status={status} dataDir={inspection?.dataDir ?? null} />
      <Section title="Last migration">
        <LastMigration report={report} isMigrating={state.kind === 'migrating'} />
      </Section>
      <Section title="Tables" note="Rows and bytes received are of this page’s session.">
        <TableList tables={inspection?.tables ?? []} shapes={status.shapes} />
      </Section>
      <Section title="Query" note="Reads only, on this browser’s data.">
        <QueryBox />
      </Section>
      <Section title="Applied migrations">
        <AppliedMigrations migrations={inspection?.migrations ?? []} />
      </Section>
    </Page>
  );
}
