import { z } from 'zod';

/** How backups are made and kept: `backup` of the configuration. */
export const backupPolicySchema = z.object({
  /**
   * `auto`: a copy of a PGlite directory, a dump of a Postgres. `dump`: pg_dump. `restore-point`: a named place in the
   * server's own archive of its log. `external`: `command`. `none`: nothing, for a `reason`.
   */
  kind: z.enum(['auto', 'dump', 'restore-point', 'external', 'none']).default('auto'),
  /** Where backups and the records of all of them are kept, from the configuration file's folder. */
  folder: z.string().default('./backups'),
  /** How many are kept. */
  count: z.number().int().positive().default(10),
  /** How old they get. */
  days: z.number().positive().default(30),
  /** The folder of pg_dump and pg_restore; otherwise PG_BIN, the PATH, and where systems put them. */
  pgBin: z.string().optional(),
  /**
   * `restore`: a dump is proven by restoring it into a database of its own on the same server. `list`: only its table of
   * contents is read, for databases too large for the former.
   */
  verify: z.enum(['restore', 'list']).default('restore'),
  /** Of `external`: a program and its arguments, run without a shell. The last line that it prints is the backup's id. */
  command: z.array(z.string()).min(1).optional(),
  /** Of `none`: why there is none. */
  reason: z.string().optional(),
});
export type BackupPolicy = z.output<typeof backupPolicySchema>;
export type BackupPolicyInput = z.input<typeof backupPolicySchema>;

export function defineBackupPolicy(input: BackupPolicyInput = {}): BackupPolicy {
  return backupPolicySchema.parse(input);
}
