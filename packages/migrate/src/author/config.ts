import { LockstepError } from '@lockstep/protocol';
import { z } from 'zod';
import { backupPolicySchema } from '../operate/backup/policy.ts';
import { lintSettingsSchema } from './lint/settings.ts';

const seedSchema = z.object({ module: z.string(), production: z.boolean().default(false) });

const configSchema = z.object({
  /** The folder of drizzle-kit's output, from the configuration file's folder. */
  migrations: z.string(),
  /** Where the compiled bundle is written. Null: nowhere, it is compiled when it is needed. */
  bundle: z.string().nullable().default(null),
  /** drizzle-kit's configuration, which names the schema. */
  drizzle: z.string().default('./drizzle.config.ts'),
  /** Tables that clients hold, as the catalogue names them. */
  synced: z.array(z.string()).default([]),
  /** Tables that never leave the server. Every table of the schema is in one of the two lists. */
  serverOnly: z.array(z.string()).default([]),
  /** The newest migration that is released: it and all before keep their bytes. Null while nothing is. */
  releasedUpTo: z.string().nullable().default(null),
  /** A module whose `seed(db)` puts default data in, run after migrating; on production only if told. Null for none. */
  seed: z
    .union([z.string().transform((module) => ({ module, production: false })), seedSchema])
    .nullable()
    .default(null),
  /** How long what migrations drop or narrow is kept for their downs: 30 days where neither is said. */
  stash: z
    .object({
      keepDays: z.number().positive().optional(),
      keepMigrations: z.number().int().positive().optional(),
    })
    .default({}),
  /**
   * How closely a database is looked at before and after migrations: `full` compares every foreign key and reads all
   * storage, `quick` only the catalogues. Otherwise full for embedded databases and quick for servers.
   */
  integrity: z.enum(['full', 'quick', 'off']).optional(),
  /** Tables that a migration may leave empty without naming them, as Postgres quotes them: `public.cache`. */
  mayEmpty: z.array(z.string()).default([]),
  /** How backups are made, and how long they are kept. */
  backup: backupPolicySchema.prefault({}),
  /** Which database hosts count as production, beside all that are not loopback. */
  production: z
    .object({
      /** Production though they are loopback: a tunnel's end, a socket. Host or host:port. */
      hosts: z.array(z.string()).default([]),
      /** Not production though they are not loopback: a container's name. Host or host:port. */
      exceptHosts: z.array(z.string()).default([]),
    })
    .default({ hosts: [], exceptHosts: [] }),
  /** Levels of the lint's rules, and findings to leave out. */
  lint: lintSettingsSchema.prefault({}),
});

export type LockstepConfigInput = z.input<typeof configSchema>;
export type LockstepConfig = z.output<typeof configSchema>;

/**
 * The one configuration file, `lockstep.config.ts`:
 * @example
 * export default defineConfig({ migrations: './drizzle', bundle: './src/migrations', synced: ['notes'], serverOnly: ['sessions'] });
 */
export function defineConfig(config: LockstepConfigInput): LockstepConfig {
  return configSchema.parse(config);
}

/** The same for what a file exports: raises CONFIG_INVALID, which names the field. */
export function parseConfig(config: unknown, file: string): LockstepConfig {
  const parsed = configSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new LockstepError('CONFIG_INVALID', {
    message: `The configuration is not valid: ${issue?.path.join('.') || 'default export'}: ${issue?.message}.`,
    remedy: 'Export `defineConfig({ migrations: "./drizzle" })` as default, and mend the field.',
    place: { file },
  });
}
