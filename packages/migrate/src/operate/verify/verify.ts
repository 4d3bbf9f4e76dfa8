import { formatQualifiedName, type Migration, type MigrationBundle } from '@lockstep/protocol';
import type { TrackingOptions } from '../../run/drizzle-table.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { plan } from '../../run/plan.ts';
import { readApplied } from '../../run/tracking.ts';
import {
  applyDeltas,
  diffStructures,
  EMPTY_STRUCTURE,
  IGNORED,
  kindOf,
  readStructure,
  type Structure,
  type StructureDiff,
  type StructureKind,
  type StructureObject,
  structureFor,
} from '../structure/index.ts';
import { findMaker, type Maker } from './find-maker.ts';
import { repairOf } from './repair.ts';

/** Something that the applied migrations promise, and that is not there, or not so. */
export interface VerifyProblem {
  readonly what: 'missing' | 'different';
  /** As a structure names it: `trigger public.items.touch`. */
  readonly identity: string;
  readonly expected: string;
  /** Null when it is missing. */
  readonly actual: string | null;
  /** Which migration made it, and where in its file; null where that can't be told. */
  readonly maker: Maker | null;
  /** SQL that brings it back, to look at before it is run; null where there is none to give. */
  readonly repair: string | null;
}

export type Verification =
  | { readonly kind: 'unverifiable'; readonly reason: string }
  | {
      readonly kind: 'verified';
      /** How many objects of each kind were looked for. */
      readonly checked: Readonly<Partial<Record<StructureKind, number>>>;
      readonly problems: readonly VerifyProblem[];
      /** What nobody promised: told, and no problem. */
      readonly unexpected: readonly StructureObject[];
      /** Columns in another order, extensions of another version: told, and no problem. */
      readonly apart: StructureDiff['apart'];
      /** Why policies, publications and the like could not be verified; null where they were. */
      readonly limitedBy: string | null;
    };

export interface VerifyOptions {
  readonly target: 'server' | 'embedded';
  /** Triggers with their state and their functions, and nothing else. */
  readonly only?: 'triggers';
  readonly tracking?: TrackingOptions;
}

/**
 * E3: proves that what the applied migrations promise is there: each table, column, constraint (validated), index
 * (valid), trigger (enabled), function, policy and publication. Reads only.
 */
export async function verifyStructure(
  executor: Executor,
  bundle: MigrationBundle,
  options: VerifyOptions,
): Promise<Verification> {
  const { target, only, tracking } = options;
  const applied = await appliedOf(executor, bundle, tracking);
  const older = applied.find(({ structure }) => structure === undefined);
  if (older !== undefined) {
    return {
      kind: 'unverifiable',
      reason: `${older.tag} was compiled by an older version: compile the bundle again.`,
    };
  }
  const reasons = applied.flatMap(({ structure }) => structure?.serverUnknown ?? []);
  const limitedBy = target === 'server' ? (reasons[0] ?? null) : null;
  const counts = limitedBy === null ? target : 'embedded';
  const deltas = applied.flatMap(({ structure }) => (structure === undefined ? [] : [structure.delta]));
  const wanted = (structure: Structure) => pick(structureFor(counts, structure), only);
  const expected = wanted(applyDeltas(EMPTY_STRUCTURE, deltas));
  const actual = wanted(await readStructure(executor, ignoring(tracking)));
  const diff = diffStructures(expected, actual);
  const problems = toProblems(diff, applied, target);
  const unpublished =
    target === 'server' && only === undefined ? await findUnpublished(executor, applied) : [];
  return {
    kind: 'verified',
    checked: countKinds(expected),
    problems: [...problems, ...unpublished],
    unexpected: diff.unexpected.filter((object) => !isBroken(object)),
    apart: diff.apart,
    limitedBy,
  };
}

/** Those of the bundle that are applied whole, in its order. */
async function appliedOf(
  executor: Executor,
  bundle: MigrationBundle,
  tracking: TrackingOptions | undefined,
): Promise<readonly Migration[]> {
  const state = await readApplied(executor, tracking);
  const found = plan(bundle, state);
  if (found.kind === 'pending') {
    const pending = new Set(found.pending.map(({ migration }) => migration));
    return bundle.migrations.filter((migration) => !pending.has(migration));
  }
  if (found.kind === 'up-to-date') return bundle.migrations;
  // Ahead, edited or with gaps: what is known of by its hash.
  const hashes = new Set(
    [...state.migrations.filter(({ step }) => step === null), ...state.drizzleOnly].map(({ hash }) => hash),
  );
  return bundle.migrations.filter(({ hash }) => hashes.has(hash));
}

function ignoring(tracking: TrackingOptions | undefined) {
  if (tracking === undefined) return {};
  return {
    ignoreRelations: [
      { schema: tracking.schema ?? 'drizzle', name: tracking.table ?? '__drizzle_migrations' },
    ],
  };
}

function pick(structure: Structure, only: VerifyOptions['only']): Structure {
  if (only === undefined) return structure;
  return Object.fromEntries(
    Object.entries(structure).filter(([identity, definition]) => {
      const kind = kindOf(identity);
      return (
        kind === 'trigger' ||
        kind === 'event trigger' ||
        (kind === 'function' && /^ RETURNS (event_)?trigger$/m.test(definition))
      );
    }),
  );
}

function countKinds(structure: Structure): Partial<Record<StructureKind, number>> {
  const counts: Partial<Record<StructureKind, number>> = {};
  for (const kind of Object.keys(structure).map(kindOf)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** An index of which an interrupted build left a part costs every write, and serves no read. */
function isBroken({ identity, definition }: StructureObject): boolean {
  return kindOf(identity) === 'index' && definition.endsWith(' (invalid)');
}

function toProblems(
  diff: StructureDiff,
  applied: readonly Migration[],
  target: 'server' | 'embedded',
): VerifyProblem[] {
  const found = [
    ...diff.missing.map(({ identity, definition }) => ({
      what: 'missing' as const,
      identity,
      expected: definition,
      actual: null,
    })),
    ...diff.different.map(({ identity, expected, actual }) => ({
      what: 'different' as const,
      identity,
      expected,
      actual,
    })),
    ...diff.unexpected.filter(isBroken).map(({ identity, definition }) => ({
      what: 'different' as const,
      identity,
      expected: 'a valid index, or none',
      actual: definition,
    })),
  ];
  return found.map((problem) => ({
    ...problem,
    maker: findMaker(problem.identity, applied, target),
    repair: repairOf(problem.identity, problem.expected, problem.actual),
  }));
}

/** Synced tables that Electric doesn't get. */
async function findUnpublished(executor: Executor, applied: readonly Migration[]): Promise<VerifyProblem[]> {
  const last = applied.at(-1);
  if (last === undefined || last.schema.tables.length === 0) return [];
  const rows = await executor.query<{ label: string }>(
    `SELECT t.schemaname || '.' || t.tablename AS label FROM pg_publication_tables t WHERE t.pubname ~ $1::text
     UNION SELECT n.nspname || '.' || c.relname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
       JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname ~ $1::text`,
    [IGNORED.publications],
  );
  const published = new Set(rows.map(({ label }) => label));
  return last.schema.tables
    .filter(({ schema, name }) => !published.has(`${schema}.${name}`))
    .map(({ schema, name }) => {
      const table = formatQualifiedName({ schema, name });
      const maker = applied.findLast(({ server }) =>
        server.some(({ kind, sql }) => kind === 'enable-electric' && sql.includes(name)),
      );
      const statement = maker?.server.find(
        ({ kind, sql }) => kind === 'enable-electric' && sql.includes(name),
      );
      return {
        what: 'missing',
        identity: `publication table electric.${table}`,
        expected: 'published for Electric',
        actual: null,
        maker:
          maker === undefined
            ? null
            : {
                tag: maker.tag,
                place: statement === undefined ? null : { line: statement.line, column: statement.column },
              },
        repair: `ALTER TABLE ${table} ENABLE ELECTRIC;`,
      };
    });
}
