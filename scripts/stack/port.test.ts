import { createServer } from 'node:net';
import { freePort } from '@lockstep/local-postgres';
import { formatError, isLockstepError } from '@lockstep/protocol';
import { expect, test } from 'vitest';
import { portOwners, requireFreePorts } from './port.ts';
import { readStackSettings } from './settings.ts';

const parts = ['postgres', 'proxy', 'electric', 'api', 'web'] as const;

const listen = async (port: number) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return () => new Promise((resolve) => server.close(resolve));
};

test.each(parts)('a busy port of %s names the part and the variable that moves it', async (part) => {
  const port = await freePort();
  const { variable } = portOwners(readStackSettings({}))[part];
  const owner = portOwners(readStackSettings({ [variable]: String(port) }))[part];
  const close = await listen(port);
  const error: unknown = await requireFreePorts([owner], 0).catch((thrown: unknown) => thrown);
  await close();
  expect(isLockstepError(error) ? formatError(error).split('\n') : error).toEqual([
    `PORT_IN_USE: ${owner.part} needs port ${port}, which another program uses.`,
    `Stop that program, or start with another port: ${variable}=${port + 1} pnpm dev`,
  ]);
  // Control: it is the listener that made it busy.
  await expect(requireFreePorts([owner], 0)).resolves.toBeUndefined();
});

test('what a crashed run left may take its time to go', async () => {
  const port = await freePort();
  const owner = portOwners(readStackSettings({ API_PORT: String(port) })).api;
  const close = await listen(port);
  const free = requireFreePorts([owner], 10_000);
  await close();
  await expect(free).resolves.toBeUndefined();
});
