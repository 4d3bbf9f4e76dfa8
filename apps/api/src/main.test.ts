import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

function run(variables: Readonly<Record<string, string>>) {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@lockstep/source', '--import', 'tsx', MAIN],
    {
      env: { PATH: process.env.PATH, ...variables },
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exited, text: () => text };
}

describe('the process', () => {
  it('names a missing variable and its valid form, in two lines', async () => {
    const { exited, text } = run({ ELECTRIC_URL: 'http://127.0.0.1:9' });
    expect(await exited).toBe(1);
    expect(text()).toBe(
      'CONFIG_INVALID: The environment variable DATABASE_URL is missing.\n' +
        'Set DATABASE_URL to postgresql://user:password@host:5432/database.\n',
    );
  });

  it('starts without Postgres, and stops cleanly when it is told to', async () => {
    const { child, exited, text } = run({
      DATABASE_URL: 'postgresql://u:hidden@127.0.0.1:9/app',
      ELECTRIC_URL: 'http://127.0.0.1:9',
      PORT: '0',
    });
    await expect.poll(text, { timeout: 20_000 }).toContain('The API listens.');
    const { url } = JSON.parse(text().trim()) as { url: string };
    expect((await fetch(`${url}/api/health`)).status).toBe(503);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(text()).toContain('The API has stopped.');
    expect(text()).not.toContain('hidden');
  });
});
