import { join } from 'node:path';
import { type ChainKill, type ChainResult, runChain } from './chain.ts';
import type { CrashDatabases } from './databases.ts';
import type { CrashHistory } from './history/history.ts';
import type { Breakage } from './runner/options.ts';
import { readReference } from './undisturbed.ts';

/** Chains over one history, each on a database of its own. */
export interface CrashLab {
  kill(kill: ChainKill, broken?: Breakage | null): Promise<ChainResult>;
}

export async function openLab(
  options: { readonly name: string; readonly script: string; readonly directory: string },
  databases: CrashDatabases,
  history: CrashHistory,
): Promise<CrashLab> {
  const name = `${options.name}, ${history.name}`;
  const directory = join(options.directory, name.replaceAll(/\W+/g, '-'));
  const base = { name, script: options.script, history };
  const reference = await readReference({ ...base, directory: join(directory, 'undisturbed') }, [
    await databases.make(),
    await databases.make(),
  ]);
  let chains = 0;
  return {
    async kill(kill, broken = null) {
      chains += 1;
      const database = await databases.make();
      return runChain({
        ...base,
        directory: join(directory, `${chains}`),
        database,
        reference,
        kill,
        broken,
      });
    },
  };
}
