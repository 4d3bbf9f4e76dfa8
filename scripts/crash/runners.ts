import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CrashHistory } from './history/history.ts';
import { type RunnerRun, runRunner } from './run-runner.ts';
import type { Breakage, CrashDatabase, KillRule } from './runner/options.ts';

export interface RunnersOptions {
  readonly name: string;
  readonly script: string;
  /** For what the runners write. */
  readonly directory: string;
  readonly database: CrashDatabase;
  readonly history: CrashHistory;
  readonly broken?: Breakage | null;
}

/** Runners of one database, one after the other. */
export interface Runners {
  run(kill: KillRule, killAfterMs: number | null, records?: boolean): Promise<RunnerRun>;
  /** Does something about a migration that failed, once; false when there is nothing to do. */
  mend(tag: string): boolean;
}

/** Brings the database to where the history begins. */
export async function createRunners(options: RunnersOptions): Promise<Runners> {
  const { script, directory, database, history, broken = null } = options;
  mkdirSync(directory, { recursive: true });
  const covered = join(directory, 'covered');
  writeFileSync(covered, '');
  const { programs, before } = history;
  const base = { database, programs, covered, report: join(directory, 'report') };
  const mended = new Set<string>();
  let { bundle } = history;
  let mend: string | null = null;
  for (const rows of before === null ? [] : [null, before.rows]) {
    const undisturbed = { ...base, kill: { kind: 'none' }, broken: null, records: false } as const;
    const { lines, stderr } = await runRunner(
      script,
      { ...undisturbed, bundle: before?.bundle ?? bundle, mend: rows },
      null,
    );
    if (!lines.some(({ kind }) => kind === 'ended')) {
      throw new Error(`What comes before ${history.name} did not end: ${stderr}`);
    }
  }
  return {
    run(kill, killAfterMs, records = false) {
      const run = runRunner(script, { ...base, bundle, kill, broken, mend, records }, killAfterMs);
      mend = null;
      return run;
    },
    mend(tag) {
      const found = history.mends[tag];
      if (found === undefined || mended.has(tag)) return false;
      mended.add(tag);
      if (found.kind === 'data') mend = found.sql;
      else ({ bundle } = found);
      return true;
    },
  };
}
