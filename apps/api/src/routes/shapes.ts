import type { ShapeGateway } from '@lockstep/sync/server';
import { Hono } from 'hono';

/** The shape gateway answers whole responses, its own errors included. */
export function shapeRoutes(gateway: ShapeGateway): Hono {
  const routes = new Hono();
  routes.post('/live', (c) => gateway.live(c.req.raw));
  routes.get('/:name', (c) => gateway.shape(c.req.raw, c.req.param('name')));
  return routes;
}
