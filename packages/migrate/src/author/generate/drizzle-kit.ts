import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction } from 'node:vm';
import { LockstepError } from '@lockstep/protocol';
import { isAmbiguous, LAYERS, listChanges } from './changes.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from './snapshot.ts';

/** The one door to drizzle-kit, an optional peer: snapshots and SQL, without its questions. */
export interface DrizzleKit {
  /** The snapshot of a schema module. */
  snapshot(schema: Readonly<Record<string, unknown>>, options: SnapshotOptions): Snapshot;
  /** The SQL from one snapshot to the next, where what is gone is dropped and what is new is made: no rename. */
  statements(before: Snapshot, after: Snapshot): Promise<readonly string[]>;
}

export interface SnapshotOptions {
  readonly prevId?: string;
  readonly schemaFilter?: readonly string[];
  readonly casing?: 'snake_case' | 'camelCase';
}

/** The parts of drizzle-kit/api that are used; its own types for snapshots are `any`. */
interface Api {
  generateDrizzleJson(
    imports: Record<string, unknown>,
    prevId?: string,
    schemaFilters?: string[],
    casing?: 'snake_case' | 'camelCase',
  ): unknown;
  generateMigration(before: unknown, after: unknown): Promise<string[]>;
}

/** `from` is a file or folder of the project whose drizzle-kit it is. Throws CONFIG_INVALID where it isn't installed. */
export async function loadDrizzleKit(from: string): Promise<DrizzleKit> {
  const { api, file } = await loadApi(from);
  return {
    snapshot(schema, { prevId, schemaFilter, casing }) {
      const made = api.generateDrizzleJson(
        { ...schema },
        prevId ?? EMPTY_SNAPSHOT.id,
        schemaFilter === undefined ? undefined : [...schemaFilter],
        casing,
      );
      // As it will be in the file: without what JSON can't hold.
      const plain = JSON.parse(JSON.stringify(made)) as Snapshot;
      return { ...plain, _meta: EMPTY_SNAPSHOT._meta };
    },
    async statements(before, after) {
      const asks = LAYERS.some((kinds) => listChanges(before, after, kinds).some(isAmbiguous));
      const made = asks
        ? await (await loadDiffer(file))(before, after)
        : await api.generateMigration(structuredClone(before), structuredClone(after));
      return made;
    },
  };
}

async function loadApi(from: string): Promise<{ readonly api: Api; readonly file: string }> {
  // Its own place first, so that the project's version is the one that counts.
  for (const place of [`${from}/package.json`, import.meta.url]) {
    try {
      const require = createRequire(place);
      const file = require.resolve('drizzle-kit/api');
      return { api: require(file) as Api, file };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    }
  }
  throw new LockstepError('CONFIG_INVALID', {
    message: 'Migrations are generated with drizzle-kit, and it (or drizzle-orm) is not installed.',
    remedy: 'Add drizzle-kit 0.31 and drizzle-orm to the development dependencies.',
  });
}

type Differ = (before: Snapshot, after: Snapshot) => Promise<readonly string[]>;

/** Lines behind drizzle-kit's own module: they hand out the differ that `generateMigration` wraps in questions. */
const HAND_OUT = `
;init_snapshotsDiffer(); init_pgSchema();
module.exports = { applyPgSnapshotsDiff, squashPgScheme, pgSchema };`;

interface Internals {
  readonly applyPgSnapshotsDiff: (...args: unknown[]) => Promise<{ sqlStatements: string[] }>;
  readonly squashPgScheme: (snapshot: unknown) => unknown;
  readonly pgSchema: { parse(snapshot: unknown): unknown };
}

/**
 * `generateMigration` asks on the terminal as soon as something is gone and something of the same kind is new, and
 * takes no answers from a program. By now every rename is decided and made, so all that is left is drop and create;
 * the differ underneath takes that as functions. Only what would ask goes this way.
 */
async function loadDiffer(file: string): Promise<Differ> {
  const internals = await loadInternals(file);
  const resolve = async (input: { created: unknown[]; deleted: unknown[] }) => ({
    ...input,
    renamed: [],
    moved: [],
  });
  // Schemas, enums, sequences, policies of tables, other policies, roles, tables, columns, views.
  const resolvers = Array.from({ length: 9 }, () => resolve);
  return async (before, after) => {
    const [from, to] = [internals.pgSchema.parse(before), internals.pgSchema.parse(after)];
    const squashed = [internals.squashPgScheme(from), internals.squashPgScheme(to)];
    const { sqlStatements } = await internals.applyPgSnapshotsDiff(...squashed, ...resolvers, from, to);
    return sqlStatements;
  };
}

async function loadInternals(file: string): Promise<Internals> {
  const holder = { exports: {} as Internals };
  try {
    const source = await readFile(file, 'utf8');
    compileFunction(source + HAND_OUT, ['exports', 'require', 'module', '__filename', '__dirname'], {
      filename: file,
    })(holder.exports, createRequire(file), holder, file, dirname(file));
    return holder.exports;
  } catch (cause) {
    throw new LockstepError('GENERATE_FAILED', {
      message: 'This version of drizzle-kit is made differently than 0.31, which Lockstep knows.',
      remedy:
        'Install drizzle-kit 0.31, or make the change in two migrations: first what is dropped or renamed, then what is new.',
      cause,
    });
  }
}
