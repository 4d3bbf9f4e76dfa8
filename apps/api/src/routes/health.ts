import type { HealthResponse } from '@lockstep/protocol';
import { Hono } from 'hono';
import type { Deps } from '../deps.ts';

const ELECTRIC_TIMEOUT_MS = 2_000;
const RETRY_AFTER_SECONDS = 2;

/** 503 while Postgres is away: nothing works then. Without Electric, writes and versions still do, so that is `degraded`. */
export function healthRoutes(deps: Pick<Deps, 'applied' | 'database' | 'electricUrl' | 'fetch'>): Hono {
  const routes = new Hono();
  routes.get('/', async (c) => {
    const [postgres, electric] = await Promise.all([checkPostgres(deps), checkElectric(deps)]);
    const applied =
      postgres === 'ok' ? await deps.applied.current().catch(() => null) : deps.applied.lastKnown();
    const health: HealthResponse = {
      status: postgres === 'ok' && electric === 'ok' ? 'ok' : 'degraded',
      postgres,
      electric,
      version: applied?.version?.tag ?? null,
    };
    c.header('cache-control', 'no-store');
    if (postgres === 'ok') return c.json(health);
    c.header('retry-after', String(RETRY_AFTER_SECONDS));
    return c.json(health, 503);
  });
  return routes;
}

function checkPostgres({ database }: Pick<Deps, 'database'>): Promise<HealthResponse['postgres']> {
  return database.query('SELECT 1').then(
    () => 'ok',
    () => 'unreachable',
  );
}

async function checkElectric(deps: Pick<Deps, 'electricUrl' | 'fetch'>): Promise<HealthResponse['electric']> {
  try {
    const url = new URL('/v1/health', deps.electricUrl);
    const response = await deps.fetch(url, { signal: AbortSignal.timeout(ELECTRIC_TIMEOUT_MS) });
    await response.arrayBuffer();
    if (response.status === 200) return 'ok';
    return response.status === 202 ? 'starting' : 'unreachable';
  } catch {
    return 'unreachable';
  }
}
