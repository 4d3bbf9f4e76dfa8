import { LockstepError } from '@lockstep/protocol';
import { z } from 'zod';

const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);
const httpUrl = z.url({ protocol: /^https?$/ }).optional();

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  ELECTRIC_URL: httpUrl,
  PG_PROXY_PASSWORD: z.string().min(1).default('lockstep'),
  POSTGRES_PORT: port(54_320),
  PG_PROXY_PORT: port(65_432),
  ELECTRIC_PORT: port(3000),
  API_PORT: port(3001),
  WEB_PORT: port(5173),
});

const FORMS: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgresql://user:password@host:5432/database',
  ELECTRIC_URL: 'http://host:3000',
  PG_PROXY_PASSWORD: 'a text that is not empty',
};

/** What the local stack is told by the environment. With nothing set, everything is embedded. */
export interface StackSettings {
  /** A Postgres that runs already, or null for the embedded one. */
  readonly databaseUrl: string | null;
  /** An Electric service that runs already, or null for the embedded shape server. */
  readonly electricUrl: string | null;
  readonly proxyPassword: string;
  readonly ports: {
    readonly postgres: number;
    readonly proxy: number;
    readonly electric: number;
    readonly api: number;
    readonly web: number;
  };
}

/** Throws CONFIG_INVALID, which names the variable and its valid form. */
export function readStackSettings(env: Readonly<Record<string, string | undefined>>): StackSettings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0]);
    throw new LockstepError('CONFIG_INVALID', {
      message: `The environment variable ${name} is not valid.`,
      remedy: `Set it to ${FORMS[name] ?? 'a port number from 1 to 65535'}, or unset it.`,
    });
  }
  const value = parsed.data;
  return {
    databaseUrl: value.DATABASE_URL ?? null,
    electricUrl: value.ELECTRIC_URL ?? null,
    proxyPassword: value.PG_PROXY_PASSWORD,
    ports: {
      postgres: value.POSTGRES_PORT,
      proxy: value.PG_PROXY_PORT,
      electric: value.ELECTRIC_PORT,
      api: value.API_PORT,
      web: value.WEB_PORT,
    },
  };
}
