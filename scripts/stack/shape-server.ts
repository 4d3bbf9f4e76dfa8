import { createShapeServer, serve } from '@lockstep/shape-server';

export interface EmbeddedElectric {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** The embedded stand-in for Electric, on loopback. */
export async function startEmbeddedElectric(databaseUrl: string, port: number): Promise<EmbeddedElectric> {
  const server = await createShapeServer({ databaseUrl });
  try {
    const listener = await serve(server, { port });
    return {
      url: `http://127.0.0.1:${listener.port}`,
      stop: async () => {
        await server.close();
        await listener.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}
