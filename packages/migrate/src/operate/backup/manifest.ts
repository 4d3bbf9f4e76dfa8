import { z } from 'zod';

const contentsSchema = z.record(
  z.string(),
  z.object({ rows: z.number().int().nonnegative(), digest: z.string().nullable() }),
);

/** What a backup consists of. */
const backupDataSchema = z.discriminatedUnion('kind', [
  /** A copy of a PGlite directory. */
  z.object({ kind: z.literal('directory'), sha256: z.string(), bytes: z.number() }),
  /** A PGlite directory as one gzipped tar. */
  z.object({ kind: z.literal('archive'), sha256: z.string(), bytes: z.number() }),
  /** pg_dump's custom format. */
  z.object({ kind: z.literal('dump'), sha256: z.string(), bytes: z.number(), pgDump: z.string() }),
  /** A place in the server's own archive of its log. `name` is null where no point could be made: LSN and time count. */
  z.object({ kind: z.literal('restore-point'), name: z.string().nullable(), lsn: z.string() }),
  /** What another program keeps, and called `id`. */
  z.object({ kind: z.literal('external'), program: z.string(), id: z.string() }),
]);
/** What is known of a backup, in a file beside its data. */
export const backupManifestSchema = z.object({
  format: z.literal(1),
  /** Its folder: `20261120T134623Z-0003_notes-ab12cd`. Sorts by time. */
  name: z.string(),
  takenAt: z.iso.datetime(),
  database: z.object({
    /** Null for a database that had no identity. */
    id: z.string().nullable(),
    /** Host, port and name, or the directory: for people. */
    label: z.string(),
    /** `18.4`. */
    postgres: z.string(),
  }),
  /** The newest applied migration, and its chain; null where none was. */
  version: z.object({ tag: z.string(), chain: z.string() }).nullable(),
  fingerprint: z.string(),
  /** What the fingerprint is of, so that a difference can be told. */
  structure: z.record(z.string(), z.string()),
  contents: contentsSchema,
  data: backupDataSchema,
  /** What was proven by opening it: everything, or less, in words. */
  verified: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('whole') }),
    z.object({ kind: z.literal('less'), because: z.string() }),
  ]),
});
export type BackupManifest = z.infer<typeof backupManifestSchema>;

/** A name that carries version and time, and is a folder's everywhere. */
export function backupName(takenAt: Date, tag: string | null, nonce: string): string {
  const time = takenAt.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${(tag ?? 'empty').replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 80)}-${nonce}`;
}

/** A line for people. */
export function describeBackup(manifest: BackupManifest): string {
  const rows = Object.values(manifest.contents).reduce((sum, table) => sum + table.rows, 0);
  const version = manifest.version?.tag ?? 'no migration';
  const proof =
    manifest.verified.kind === 'whole' ? 'verified' : `not verified whole: ${manifest.verified.because}`;
  return `${manifest.name}: ${manifest.database.label} at ${version}, ${manifest.takenAt}, ${rows} rows, ${manifest.data.kind}, ${proof}`;
}
