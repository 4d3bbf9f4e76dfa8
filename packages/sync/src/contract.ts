import type { PGliteInterface } from '@electric-sql/pglite';
import type { ClientShape, ErrorCode, ReplicaBundle, SchemaVersion } from '@lockstep/protocol';

/** A value that changes: read it, or be told. `subscribe` returns the way to stop; it never calls at once. */
export interface Observable<T> {
  get(): T;
  subscribe(listener: (value: T) => void): () => void;
}

/** An error as it crosses a worker's border. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** One shape's state. `rows` and `bytes` count what this page's session received. */
export type ShapeStatus = {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  /** The offset and handle that are stored with the rows, or null before the first rows. */
  readonly position: { readonly handle: string; readonly offset: string } | null;
  /** From asking for all of the table's rows until they were here; absent while this session never had to. */
  readonly loadMs?: number;
} & (
  | { readonly kind: 'connecting' | 'loading' | 'live' | 'refetching' | 'offline' | 'paused' }
  /** The page is ahead: the server is yet to get this table. */
  | { readonly kind: 'waiting' }
  /** The server no longer has columns that this database has: rows stay as they are until the page reloads. */
  | { readonly kind: 'schema-behind'; readonly missing: readonly string[] }
  | { readonly kind: 'failed'; readonly error: ErrorReport }
);

export interface SyncStatus {
  readonly kind: 'starting' | 'loading' | 'live' | 'offline' | 'paused' | 'failed';
  readonly shapes: Readonly<Record<string, ShapeStatus>>;
  readonly versions: {
    /** What the page's code was built for. */
    readonly page: SchemaVersion;
    readonly local: SchemaVersion | null;
    /** What the server last said; null when it has no migrations, undefined when it was never reached. */
    readonly server: SchemaVersion | null | undefined;
  };
  /** The server moved beyond what this page's code can follow: offer the reload. */
  readonly isReloadOffered: boolean;
  /** Whether this tab's worker holds the database and syncs. */
  readonly isLeader: boolean;
  readonly error: ErrorReport | null;
}

/** What a finished migration did, for the change log and the Database page. */
export interface MigrationReport {
  readonly from: string | null;
  readonly to: string;
  readonly finishedAt: string;
  readonly durationMs: number;
  /** What is new, in plain words. */
  readonly summary: readonly string[];
  readonly tables: readonly {
    readonly table: string;
    /** `resynced`: rows were asked for again; `kept`: rows and position stayed. */
    readonly kind: 'created' | 'resynced' | 'kept' | 'dropped';
    /** Rows that stayed readable in place. */
    readonly rowsKept: number;
    readonly bytesDownloaded: number;
    /** An estimate: what downloading the kept rows again would have cost, from the bytes they arrived with. */
    readonly bytesNotDownloaded: number;
  }[];
}

export type MigrationState =
  | { readonly kind: 'idle'; readonly last: MigrationReport | null }
  | {
      readonly kind: 'migrating';
      readonly from: string | null;
      readonly to: string;
      /** 0 to 1. */
      readonly progress: number;
      readonly table: string | null;
      readonly summary: readonly string[];
      /** `schema`: DDL is under way, queries wait; `rows`: queries work, touched tables get the server's rows. */
      readonly step: 'schema' | 'rows';
    }
  | { readonly kind: 'failed'; readonly error: ErrorReport };

/** A3. Also on `globalThis.lockstep` in the browser console (A12). */
export interface MigrationManager {
  readonly state: Observable<MigrationState>;
  readonly isMigrating: Observable<boolean>;
  /** Asks the server for its version and moves the local schema if there is something to do. True when it moved. */
  checkAndMigrate(): Promise<boolean>;
  /** Resyncs every table into the current schema, as a migration that touches all of them would. */
  forceMigration(): Promise<void>;
  /** Forgets the local version and positions, so that the next start migrates from nothing. */
  resetMigrationState(): Promise<void>;
  getCurrentVersion(): SchemaVersion | null;
}

/** What the Database page shows. */
export interface Inspection {
  readonly dataDir: string;
  readonly migrations: readonly {
    readonly tag: string;
    readonly appliedAt: string;
    readonly durationMs: number;
  }[];
  readonly tables: readonly {
    readonly table: string;
    readonly shape: string | null;
    readonly rows: number;
    readonly columns: readonly { readonly name: string; readonly type: string }[];
    readonly position: { readonly handle: string; readonly offset: string } | null;
  }[];
}

/** A7: what the application does when something happened. Each is called at most once an event. */
export interface LocalDatabaseHooks {
  readonly onMigrated?: (report: MigrationReport) => void;
  readonly onMigrationFailed?: (error: ErrorReport) => void;
  readonly onReloadOffered?: () => void;
  readonly onError?: (error: ErrorReport) => void;
}

/** What a sync needs to know; crosses the worker's border, so data only. */
export interface SyncSettings {
  /** The API's origin, e.g. `https://app.example`. */
  readonly apiUrl: string;
  readonly shapes: readonly ClientShape[];
  /** Identity of the person: part of the database's name and of viewer shapes' URLs. */
  readonly scope: string;
  /** Sent as `Authorization: Bearer …`; null sends none. */
  readonly token: string | null;
  readonly bundle: ReplicaBundle;
}

/** A person's local database with what keeps it in step. One per tab; the leader tab's worker holds the data. */
export interface LocalDatabase {
  readonly db: PGliteInterface;
  readonly status: Observable<SyncStatus>;
  readonly migrations: MigrationManager;
  /** Table names whose rows changed in a commit, by sync or by a local migration. */
  onChange(listener: (tables: ReadonlySet<string>) => void): () => void;
  inspect(): Promise<Inspection>;
  pause(): void;
  resume(): void;
  /** Stops syncing and lets go of the database; `erase` deletes its files. */
  close(options?: { readonly erase?: boolean }): Promise<void>;
}
