import { serveStatic } from '@hono/node-server/serve-static';
import { type Context, Hono } from 'hono';

const IMMUTABLE = 'public, max-age=31536000, immutable';

/**
 * A built web app. Vite puts a hash of the content into the names below `assets/`, so those never change; everything
 * else (the page, the service worker) is asked for again each time, so that a deploy is seen.
 */
export function webRoutes(root: string): Hono {
  const routes = new Hono();
  const onFound = (path: string, c: Context) => {
    c.header('cache-control', /[\\/]assets[\\/]/.test(path) ? IMMUTABLE : 'no-cache');
  };
  routes.use(serveStatic({ root, onFound, precompressed: true }));
  // Every address of the app is its one page; a missing file is missing, not a page.
  const page = serveStatic({ root, path: 'index.html', onFound, precompressed: true });
  routes.get('*', (c, next) => (isPage(c) ? page(c, next) : next()));
  return routes;
}

function isPage(c: Context): boolean {
  const last = c.req.path.split('/').at(-1) ?? '';
  return !last.includes('.') && (c.req.header('accept') ?? '').includes('text/html');
}
