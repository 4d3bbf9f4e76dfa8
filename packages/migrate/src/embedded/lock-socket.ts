import { createServer } from 'node:net';

/** Abstract sockets, which end with their process whatever ends it, are Linux's alone. */
export const hasAbstractSockets = process.platform === 'linux';

/** Holds a name until it is released or the process ends; null when another process of this machine holds it. */
export function holdName(name: string): Promise<(() => Promise<void>) | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen({ path: `\0${name}` }, () => {
      server.unref();
      resolve(() => new Promise((done) => server.close(() => done())));
    });
  });
}
