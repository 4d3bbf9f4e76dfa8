import { isDeepStrictEqual } from 'node:util';
import type { Snapshot } from './snapshot.ts';

/** What differs between two snapshots, by kind and name: `tables public.items`. Their ids are not compared. */
export function diffSnapshots(before: Snapshot, after: Snapshot): readonly string[] {
  const [old, current] = [entriesOf(before), entriesOf(after)];
  const names = [...new Set([...old.keys(), ...current.keys()])];
  return names.filter((name) => !isDeepStrictEqual(old.get(name), current.get(name)));
}

function entriesOf(snapshot: Snapshot): ReadonlyMap<string, unknown> {
  const { id: _id, prevId: _prevId, _meta, ...kinds } = snapshot;
  return new Map(
    Object.entries(kinds).flatMap(([kind, value]): [string, unknown][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([name, entry]) => [`${kind} ${name}`, entry])
        : [[kind, value]],
    ),
  );
}
