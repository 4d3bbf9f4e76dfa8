import {
  LockstepError,
  type MigrationsResponse,
  type SchemasResponse,
  VERSION_HEADER,
  type VersionResponse,
} from '@lockstep/protocol';
import { Hono } from 'hono';
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import type { Deps } from '../deps.ts';

/** A1, A2: what is applied, for anybody; the page's own code says no less. */
export function electricRoutes({ applied }: Pick<Deps, 'applied'>): Hono {
  const routes = new Hono();
  routes.use(etag({ retainedHeaders: [...RETAINED_304_HEADERS, VERSION_HEADER] }));
  routes.use(async (c, next) => {
    await next();
    if (c.res.ok) c.header('cache-control', 'no-cache');
  });

  routes.get('/version', async (c) => {
    const { version, migrations } = await applied.current();
    return c.json<VersionResponse>({
      data: {
        version: version?.tag ?? null,
        index: version?.index ?? -1,
        timestamp: migrations.at(-1)?.when ?? null,
        totalMigrations: migrations.length,
      },
    });
  });

  routes.get('/migrations', async (c) => {
    const { migrations } = await applied.current();
    const after = c.req.query('after');
    if (after === undefined) return c.json<MigrationsResponse>({ data: { migrations: [...migrations] } });
    const position = migrations.findIndex((migration) => migration.tag === after);
    if (position === -1) throw unknownMigration(after);
    return c.json<MigrationsResponse>({ data: { migrations: migrations.slice(position + 1) } });
  });

  routes.get('/schemas', async (c) => {
    const { version, schema } = await applied.current();
    return c.json<SchemasResponse>({ data: { version: version?.tag ?? null, ...schema } });
  });

  return routes;
}

function unknownMigration(tag: string): LockstepError {
  return new LockstepError('NOT_FOUND', {
    message: `The migration ${JSON.stringify(tag.slice(0, 100))} is not applied to the server's database.`,
    remedy:
      'Ask without after for the whole history; a client that is ahead of the server waits for its deploy.',
  });
}
