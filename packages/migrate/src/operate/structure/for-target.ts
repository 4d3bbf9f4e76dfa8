import { kindOf, type Structure, toStructure } from './structure.ts';

/** Kinds that mean something to servers only: the statements that make them are no part of an embedded history. */
const SERVER_KINDS: ReadonlySet<string> = new Set([
  'extension',
  'extension version',
  'replica identity',
  'policy',
  'publication',
  'publication table',
  'publication schema',
]);

/**
 * What of a structure counts for a target. An embedded database has no policies, publications or replica identities, and
 * its extensions are the application's affair.
 */
export function structureFor(target: 'server' | 'embedded', structure: Structure): Structure {
  if (target === 'server') return structure;
  return toStructure(
    Object.entries(structure)
      .filter(([identity]) => !SERVER_KINDS.has(kindOf(identity)))
      .map(([identity, definition]) => [
        identity,
        kindOf(identity) === 'table'
          ? definition.replace(/( forced)?( row level security)/g, '')
          : definition,
      ]),
  );
}
