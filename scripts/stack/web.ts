import { createServer } from 'vite';
import { fromRoot } from '../root.ts';
import { keepSignals } from './signals.ts';

export interface WebServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Vite's development server for the web app, with the API behind `/api`. */
export async function startWeb(port: number, apiUrl: string): Promise<WebServer> {
  process.env.API_URL = apiUrl;
  const server = await keepSignals(() =>
    createServer({
      root: fromRoot('apps/web'),
      configFile: fromRoot('apps/web/vite.config.ts'),
      logLevel: 'warn',
      clearScreen: false,
      server: { port, host: '127.0.0.1', strictPort: true },
    }),
  );
  try {
    await server.listen();
  } catch (error) {
    await server.close();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}
