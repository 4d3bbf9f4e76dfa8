import type { SchemaVersion } from '@lockstep/protocol';
import type { SyncStatus } from '@lockstep/sync';
import { describeSync } from '../../../shell/sync-words.ts';
import classes from './database.module.css';

export interface VersionsProps {
  readonly status: SyncStatus;
  readonly dataDir: string | null;
}

export function Versions({ status, dataDir }: VersionsProps) {
  const { page, local, server } = status.versions;
  const words = describeSync(status);
  return (
    <dl className={classes.versions}>
      <Version name="page" label="This page" note="what its code was built for" version={page} />
      <Version name="local" label="Local" note="what this browser’s tables are at" version={local} />
      <Version name="server" label="Server" note="what it last said" version={server} />
      <div className={classes.version} data-version="sync">
        <dt>Sync</dt>
        <dd>{words.text}</dd>
        <small title={dataDir ?? undefined}>
          {status.isLeader ? 'This tab holds the database' : 'Another tab holds the database'}
          {dataDir === null ? '' : `, in ${dataDir.split(':')[0]}`}
        </small>
      </div>
    </dl>
  );
}

interface VersionProps {
  readonly name: string;
  readonly label: string;
  readonly note: string;
  readonly version: SchemaVersion | null | undefined;
}

function Version({ name, label, note, version }: VersionProps) {
  const text = version === undefined ? 'Not reached yet' : (version?.tag ?? 'Nothing yet');
  return (
    <div className={classes.version} data-version={name}>
      <dt>{label}</dt>
      <dd>{text}</dd>
      <small>{note}</small>
    </div>
  );
}
