import type { Lsn } from '@lockstep/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createChangeLog } from './change-log.ts';
import { isAfter, type Position } from './position.ts';

const SEED = 20261120;

const entries = fc
  .array(
    fc.record({
      lsnStep: fc.constantFrom(0, 0, 1, 5),
      operationStep: fc.constantFrom(1, 2),
      text: fc.oneof(fc.string({ maxLength: 30, unit: 'grapheme' }), fc.constant('é'.repeat(3000))),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let [lsn, operation] = [10, -2];
    return steps.map(({ lsnStep, operationStep, text }) => {
      lsn += lsnStep;
      operation = lsnStep === 0 ? operation + operationStep : 0;
      return { lsn: BigInt(lsn) as Lsn, operation, json: JSON.stringify(text) };
    });
  });

test('any position reads what follows it, in whole messages, chunk by chunk', () => {
  fc.assert(
    fc.property(
      entries,
      fc.integer({ min: 20, max: 8000 }),
      fc.nat(120),
      fc.nat(6),
      (list, chunkBytes, lsn, operation) => {
        const log = createChangeLog(chunkBytes);
        for (const entry of list) log.append(entry.lsn, entry.operation, entry.json);
        let position: Position = { lsn: BigInt(lsn) as Lsn, operation };
        const expected = list.filter((entry) => isAfter(entry, position)).map((entry) => entry.json);
        expect(log.hasAfter(position)).toBe(expected.length > 0);
        const read: string[] = [];
        for (let requests = 0; requests <= list.length; requests += 1) {
          const batch = log.readAfter(position);
          const joined = Buffer.concat(batch.pieces).toString();
          expect(joined).toBe(batch.messages().join(','));
          // Without its last message a chunk is below the size.
          const bytes = batch
            .messages()
            .slice(0, -1)
            .reduce((sum, text) => sum + Buffer.byteLength(text), 0);
          expect(bytes).toBeLessThan(chunkBytes);
          read.push(...batch.messages());
          if (batch.isLast) break;
          position = batch.end as Position;
        }
        expect(read).toEqual(expected);
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});
