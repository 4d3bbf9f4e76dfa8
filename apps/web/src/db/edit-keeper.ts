import { writeSchema } from '@lockstep/protocol';
import * as z from 'zod';
import type { Edit, Edits } from './edits.ts';

/** Where unsaved edits outlive a reload, such as the one that a too old page asks for. */
export interface EditKeeper {
  read(): readonly Edit[];
  keep(edits: Edits): void;
}

const keptSchema = z.array(
  z.object({
    id: z.string(),
    writes: z.array(writeSchema).min(1),
    reason: z.union([
      z.object({ kind: z.literal('offline') }),
      z.object({ kind: z.literal('invalid'), message: z.string() }),
    ]),
  }),
);

/** In the tab's storage, by person. What was on its way when the page went is offered as not saved. */
export function keepEditsIn(storage: Storage, userId: string): EditKeeper {
  const key = `lockstep.edits.${userId}`;
  return {
    read() {
      try {
        const kept = keptSchema.parse(JSON.parse(storage.getItem(key) ?? '[]'));
        return kept.map(({ id, writes, reason }) => ({
          id,
          writes,
          state: { kind: 'failed', failure: reason },
        }));
      } catch {
        // Written by another version of the page: nothing that can be offered.
        return [];
      }
    },
    keep(edits) {
      const kept = [...edits.values()].flatMap(({ id, writes, state }) => {
        if (state.kind === 'sent') return [];
        const isInvalid = state.kind === 'failed' && state.failure.kind === 'invalid';
        return [{ id, writes, reason: isInvalid ? state.failure : { kind: 'offline' } }];
      });
      if (kept.length === 0) storage.removeItem(key);
      else storage.setItem(key, JSON.stringify(kept));
    },
  };
}
