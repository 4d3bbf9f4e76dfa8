import { createServer } from 'vite';
import { fromRoot } from '../root.ts';
import { explainBusyPort } from './port.ts';

export interface WebServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Vite's development server for the web app, with the API behind `/api`. */
export async function startWeb(port: number, apiUrl: string): Promise<WebServer> {
  process.env.API_URL = apiUrl;
  const server = await createServer({
    root: fromRoot('apps/web'),
    configFile: fromRoot('apps/web/vite.config.ts'),
    logLevel: 'warn',
    clearScreen: false,
    server: { port, host: '127.0.0.1', strictPort: true },
  });
  await explainBusyPort({ part: 'The web app', port, variable: 'WEB_PORT' }, () => server.listen());
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}
