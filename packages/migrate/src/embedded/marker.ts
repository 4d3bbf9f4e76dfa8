import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeDurably } from './sync-files.ts';

/**
 * What a directory had acknowledged when it was last made durable, kept outside of it: storage that lost it again (a
 * power cut, a copy put back) has less than this.
 */
export const markerSchema = z.object({
  format: z.literal(1),
  /** Of the directory's cluster, from its control file. */
  systemIdentifier: z.string(),
  databaseId: z.string().nullable(),
  /** Where its log ended, e.g. `0/1743628`. It only grows. */
  lsn: z.string(),
  /** The newest migration that was applied, and its chain. */
  tag: z.string().nullable(),
  chain: z.string().nullable(),
  /** The boot of the machine in which it was opened and not yet closed; null when it was closed. */
  openSince: z.string().nullable(),
});
export type Marker = z.infer<typeof markerSchema>;

/** Beside the directory. */
export function markerPath(directory: string): string {
  return `${directory}.marker.json`;
}

/** Null when there is none, or none that can be read: then nothing is known. */
export async function readMarker(directory: string): Promise<Marker | null> {
  try {
    return markerSchema.parse(JSON.parse(await readFile(markerPath(directory), 'utf8')));
  } catch {
    return null;
  }
}

export function writeMarker(directory: string, marker: Marker): Promise<void> {
  return writeDurably(markerPath(directory), `${JSON.stringify(marker, null, 2)}\n`);
}
