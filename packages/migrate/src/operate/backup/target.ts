import type { Extensions, PGlite } from '@electric-sql/pglite';
import { currentVersion } from '../../run/applied.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { readDatabaseId } from '../../run/identity.ts';
import { readApplied } from '../../run/tracking.ts';
import { type ContentsOptions, readContents } from '../contents.ts';
import { fingerprint, readStructure } from '../structure/index.ts';
import type { BackupManifest } from './manifest.ts';

/** A database to back up. `label` is for people: host, port and name, or the directory. */
export type BackupTarget =
  | {
      readonly kind: 'embedded';
      readonly db: Pick<PGlite, 'dumpDataDir'>;
      readonly executor: Executor;
      /** Null for one in memory. */
      readonly directory: string | null;
      /** What PGlite loads for it, so that its copy can be opened. */
      readonly extensions?: Extensions;
      readonly label: string;
    }
  /** `url` is secret: it has a password. It leads to the Postgres itself, not to a pooler or proxy. */
  | { readonly kind: 'server'; readonly url: string; readonly label: string };

/** What is written down of a database when it is backed up, and compared when the backup is opened. */
export type DatabaseFacts = Pick<BackupManifest, 'version' | 'fingerprint' | 'structure' | 'contents'> & {
  readonly databaseId: string | null;
  readonly postgres: string;
};

/** Makes a manifest of facts, but for what the kind of backup adds. */
export type ManifestOf = (facts: DatabaseFacts) => Omit<BackupManifest, 'data' | 'verified'>;

/** Reads them as they are in this transaction. `none` leaves the contents out: for what can't be compared anyway. */
export async function readFacts(tx: Executor, options: ContentsOptions | 'none'): Promise<DatabaseFacts> {
  const version = currentVersion(await readApplied(tx));
  const [row] = await tx.query<{ version: string }>("SELECT current_setting('server_version') AS version");
  const structure = await readStructure(tx);
  return {
    databaseId: await readDatabaseId(tx),
    postgres: row?.version.split(' ')[0] ?? '',
    version: version === null ? null : { tag: version.tag, chain: version.chain },
    fingerprint: await fingerprint(structure),
    structure,
    contents: options === 'none' ? {} : await readContents(tx, options),
  };
}
