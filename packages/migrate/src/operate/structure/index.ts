export {
  applyDeltas,
  diffStructures,
  isSameStructure,
  type StructureDiff,
  type StructureDifference,
  type StructureObject,
  structureDelta,
} from './diff.ts';
export { fingerprint } from './fingerprint.ts';
export { structureFor } from './for-target.ts';
export { formatStructureDiff } from './format-diff.ts';
export { IGNORED } from './ignored.ts';
export { EMPTY_STRUCTURE, promisedStructure, readPromise } from './promise.ts';
export { prepareStructure, readStructure, type StructureOptions } from './read-structure.ts';
export { kindOf, STRUCTURE_KINDS, type Structure, type StructureKind } from './structure.ts';
