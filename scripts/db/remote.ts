import { LockstepError } from '@lockstep/protocol';
import { z } from 'zod';

const schema = z.object({
  PGHOST: z.string().min(1),
  PGPORT: z.coerce.number().int().min(1).max(65_535).default(65_432),
  PGUSER: z.string().min(1).default('postgres'),
  PGPASSWORD: z.string().min(1),
  PGDATABASE: z.string().min(1).default('electric'),
  PGSSL: z.enum(['true', 'false']).default('false'),
});

/** The proxy that the PG variables name (B6). Throws CONFIG_INVALID, which names the variable and its valid form. */
export function readProxyUrl(env: Readonly<Record<string, string | undefined>>): string {
  const parsed = schema.safeParse(
    Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')),
  );
  if (!parsed.success) {
    throw new LockstepError('CONFIG_INVALID', {
      message: `The environment variable ${String(parsed.error.issues[0]?.path[0])} is missing or not valid.`,
      remedy:
        'Set PGHOST and PGPASSWORD of the migrations proxy (PGPORT 65432, PGDATABASE electric), or DATABASE_URL of Postgres itself, e.g. in .env.production.',
    });
  }
  const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSL } = parsed.data;
  const url = new URL(`postgresql://${PGHOST}:${PGPORT}/${encodeURIComponent(PGDATABASE)}`);
  url.username = encodeURIComponent(PGUSER);
  url.password = encodeURIComponent(PGPASSWORD);
  if (PGSSL === 'true') url.searchParams.set('sslmode', 'require');
  return url.href;
}
