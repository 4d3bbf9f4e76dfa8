import { LockstepError } from '@lockstep/protocol';
import { z } from 'zod';
import type { MigrationPrefix } from '../../author/generate/migration-name.ts';
import { loadModule } from './load-module.ts';

const schema = z.object({
  dialect: z.string(),
  out: z.string().default('./drizzle'),
  schema: z.union([z.string(), z.array(z.string())]).optional(),
  driver: z.string().optional(),
  casing: z.enum(['snake_case', 'camelCase']).optional(),
  schemaFilter: z.union([z.string(), z.array(z.string())]).optional(),
  breakpoints: z.boolean().optional(),
  migrations: z
    .object({ prefix: z.enum(['index', 'timestamp', 'supabase', 'unix', 'none']).optional() })
    .optional(),
  dbCredentials: z
    .union([
      z.object({ url: z.string() }),
      z.object({
        host: z.string(),
        port: z.number().optional(),
        user: z.string().optional(),
        password: z.string().optional(),
        database: z.string(),
      }),
    ])
    .optional(),
});

/** drizzle-kit's options about the files that it writes; what isn't there has drizzle-kit's default. */
export interface MigrationStyle {
  readonly casing?: 'snake_case' | 'camelCase';
  readonly schemaFilter?: readonly string[];
  readonly breakpoints?: boolean;
  readonly prefix?: MigrationPrefix;
}

/** What is used of drizzle-kit's configuration. */
export interface DrizzleConfig {
  readonly file: string;
  /** As it is written: relative to drizzle-kit's working directory. */
  readonly out: string;
  /** Paths or globs, as written. */
  readonly schema: readonly string[];
  /** How migrations are written. */
  readonly style: MigrationStyle;
  /** `postgresql://…`, `file:…`, or null. Secret: it may have a password. */
  readonly databaseUrl: string | null;
}

/** Raises CONFIG_INVALID for a file that can't be loaded or is of another dialect. */
export async function readDrizzleConfig(file: string): Promise<DrizzleConfig> {
  const exported = await loadModule(file);
  const parsed = schema.safeParse(exported.default);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(file, `The field ${issue?.path.join('.') || 'default'} is not valid: ${issue?.message}.`);
  }
  const { dialect, out, schema: paths = [], driver, dbCredentials } = parsed.data;
  if (dialect !== 'postgresql') throw invalid(file, `The dialect is ${dialect}, not postgresql.`);
  return {
    file,
    out,
    schema: listOf(paths),
    style: styleOf(parsed.data),
    databaseUrl: dbCredentials === undefined ? null : urlOf(dbCredentials, driver),
  };
}

function styleOf({ casing, schemaFilter, breakpoints, migrations }: z.infer<typeof schema>): MigrationStyle {
  return {
    ...(casing === undefined ? {} : { casing }),
    ...(schemaFilter === undefined ? {} : { schemaFilter: listOf(schemaFilter) }),
    ...(breakpoints === undefined ? {} : { breakpoints }),
    ...(migrations?.prefix === undefined ? {} : { prefix: migrations.prefix }),
  };
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

type Credentials = NonNullable<z.infer<typeof schema>['dbCredentials']>;

function urlOf(credentials: Credentials, driver: string | undefined): string {
  if ('url' in credentials) {
    const isDirectory = driver === 'pglite' && !/^[a-z]+:/.test(credentials.url);
    return isDirectory ? `file:${credentials.url}` : credentials.url;
  }
  const { host, port = 5432, user = 'postgres', password = '', database } = credentials;
  const url = new URL(`postgresql://${host}:${port}/${encodeURIComponent(database)}`);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.href;
}

function invalid(file: string, message: string): LockstepError {
  return new LockstepError('CONFIG_INVALID', {
    message,
    remedy: 'See https://orm.drizzle.team/docs/drizzle-config-file for what drizzle-kit expects.',
    place: { file },
  });
}
