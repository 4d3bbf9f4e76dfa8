import { z } from 'zod';

const configSchema = z.object({
  /** The folder of drizzle-kit's output, from the configuration file's folder. */
  migrations: z.string(),
  /** Where the compiled bundle is written. */
  bundle: z.string(),
  /** Tables that clients hold, as the catalogue names them. */
  synced: z.array(z.string()),
  /** Tables that never leave the server. Every table of the schema is in one of the two lists. */
  serverOnly: z.array(z.string()),
  /** The newest migration that is released: it and all before keep their bytes. Null while nothing is. */
  releasedUpTo: z.string().nullable().default(null),
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
