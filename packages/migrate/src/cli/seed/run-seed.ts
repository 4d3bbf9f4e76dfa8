import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { LockstepError } from '@lockstep/protocol';
import { sha256 } from '../../author/journal-migration.ts';
import { runSeed, type Seed, type SeedFunction } from '../../operate/seed/seed.ts';
import type { Checkout } from '../checkout/checkout.ts';
import { loadModule } from '../checkout/load-module.ts';
import type { CommandContext } from '../context.ts';
import type { OpenDatabase } from '../database/database.ts';
import { formatTime } from '../words.ts';

/** `none`: the configuration names no seed. `skipped`: production, and it isn't meant for it. */
export type SeedOutcome = 'seeded' | 'before' | 'skipped' | 'none';

/** After `migrate` and `reset`: silent where there is nothing to say. */
export async function seedAfterMigrating(
  context: CommandContext,
  database: OpenDatabase,
): Promise<SeedOutcome> {
  const { config } = await context.checkout();
  if (config.seed === null) return 'none';
  if (database.isProduction && !config.seed.production) return 'skipped';
  return seedNow(context, database, false);
}

/** Raises CONFIG_INVALID, or SEED_FAILED with what the module threw. */
export async function seedNow(
  { io, checkout }: CommandContext,
  database: OpenDatabase,
  force: boolean,
): Promise<SeedOutcome> {
  const seed = await loadSeed(await checkout());
  const result = await io.progress(`Seeding with ${seed.name}`, () =>
    runSeed(database.executor, seed, { force }),
  );
  if (result.kind === 'before') io.out(`Seeded with this ${seed.name} before, at ${formatTime(result.at)}.`);
  else io.out(`Seeded with ${seed.name} in ${result.durationMs} ms.`);
  return result.kind;
}

/** Raises CONFIG_INVALID where there is none, or it isn't a module with a function. */
async function loadSeed({ config, path }: Checkout): Promise<Seed> {
  if (config.seed === null) {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'The configuration names no seed.',
      remedy:
        'Set `seed: "./seed.ts"` in lockstep.config.ts, a module that exports `async function seed(db)`.',
    });
  }
  const name = config.seed.module;
  const file = path(name);
  if (!existsSync(file)) {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'The seed that the configuration names is not there.',
      remedy: 'Write it, or take `seed` out of lockstep.config.ts.',
      place: { file },
    });
  }
  const exported = await loadModule(file);
  const run = exported.seed ?? exported.default;
  if (typeof run !== 'function') {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'The seed exports no function.',
      remedy:
        'Export `async function seed(db)`; `db.query(sql, params)` and `db.exec(sql)` run in one transaction.',
      place: { file },
    });
  }
  const explained: SeedFunction = async (db) => {
    try {
      await (run as SeedFunction)(db);
    } catch (cause) {
      throw seedFailed(file, cause);
    }
  };
  return { name, hash: sha256(await readFile(file, 'utf8')), run: explained };
}

function seedFailed(file: string, cause: unknown): LockstepError {
  return new LockstepError('SEED_FAILED', {
    message: `The seed failed and was rolled back: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: 'The migrations stay applied. Mend the seed and run `seed` again.',
    place: { file },
    cause,
  });
}
