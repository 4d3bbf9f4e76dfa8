import type { SyncStatus } from '@lockstep/sync';
import { formatCount } from '../ui/words.ts';

export interface SyncWords {
  readonly tone: 'good' | 'busy' | 'warn' | 'bad';
  /** Short, for the corner. */
  readonly text: string;
  /** What it means, for the tooltip. */
  readonly detail: string;
  /** 0 to 100 while first rows are coming, else null. */
  readonly percent: number | null;
}

/** What the corner of the screen says about the sync. */
export function describeSync(status: SyncStatus): SyncWords {
  const shapes = Object.values(status.shapes);
  const rows = shapes.reduce((sum, shape) => sum + shape.rows, 0);
  if (status.kind === 'live') {
    const behind = shapes.filter((shape) => shape.kind === 'schema-behind').map((shape) => shape.table);
    if (behind.length > 0) {
      return say('warn', 'Partly live', `Waiting for a reload: ${behind.join(', ')}.`);
    }
    return say('good', 'Live', `${formatCount(shapes.length)} tables in step with the server.`);
  }
  if (status.kind === 'loading') {
    const ready = shapes.filter((shape) => shape.kind === 'live').length;
    const percent = shapes.length === 0 ? 0 : Math.round((ready / shapes.length) * 100);
    const detail = `${ready} of ${shapes.length} tables are here.`;
    return {
      ...say('busy', rows === 0 ? 'Loading…' : `Loading… ${formatCount(rows)} rows`, detail),
      percent,
    };
  }
  if (status.kind === 'starting') return say('busy', 'Starting…', 'Opening the local database.');
  if (status.kind === 'offline') {
    return say(
      'warn',
      'Offline, showing what is here',
      'The server can’t be reached. It is tried again and again.',
    );
  }
  if (status.kind === 'paused') return say('warn', 'Paused', 'Sync is paused.');
  const error = status.error ?? { message: 'The sync stopped.', remedy: 'Reload the page.' };
  return say('bad', 'Sync failed', `${error.message} ${error.remedy}`);
}

function say(tone: SyncWords['tone'], text: string, detail: string): SyncWords {
  return { tone, text, detail, percent: null };
}
