import { formatTable } from '../table.ts';
import type { Stack } from './start-stack.ts';

/** What runs where, for the terminal. */
export function describeStack(stack: Stack, durationMs: number): string {
  const table = formatTable(
    ['part', 'where'],
    [
      ['Web app', stack.webUrl ?? 'not started'],
      ['API', `${stack.apiUrl}/api/health`],
      ['Shapes (Electric)', `${stack.electricUrl.replace(/\/$/, '')}/v1/shape`],
      ['Migrations proxy', withoutPassword(stack.proxyUrl)],
      ['Postgres', withoutPassword(stack.databaseUrl)],
    ],
  );
  const notes = stack.notes.map((note) => `· ${note}\n`).join('');
  const seconds = (durationMs / 1000).toFixed(1);
  return `\n${notes}${table}\nReady in ${seconds} s. Open ${stack.webUrl} — Ctrl-C stops everything.\n`;
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}
