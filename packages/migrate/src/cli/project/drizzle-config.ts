import { LockstepError } from '@lockstep/protocol';
import { z } from 'zod';
import { loadModule } from './load-module.ts';

const schema = z.object({
  dialect: z.string(),
  out: z.string().default('./drizzle'),
  schema: z.union([z.string(), z.array(z.string())]).optional(),
  driver: z.string().optional(),
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

/** What is used of drizzle-kit's configuration. */
export interface DrizzleConfig {
  readonly file: string;
  /** As it is written: relative to drizzle-kit's working directory. */
  readonly out: string;
  /** Paths or globs, as written. */
  readonly schema: readonly string[];
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
    schema: typeof paths === 'string' ? [paths] : paths,
    databaseUrl: dbCredentials === undefined ? null : urlOf(dbCredentials, driver),
  };
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
