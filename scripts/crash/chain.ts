import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CrashHistory } from './history/history.ts';
import type { Random } from './random.ts';
import { diffStates, isEqual, judgeProgress, judgeState, type Reference } from './reference.ts';
import { runRunner } from './run-runner.ts';
import type { Breakage, CrashDatabase, KillRule, ReportLine, State } from './runner/options.ts';

export interface ChainOptions {
  readonly name: string;
  readonly script: string;
  /** For what the runners write. */
  readonly directory: string;
  readonly database: CrashDatabase;
  readonly history: CrashHistory;
  readonly reference: Reference;
  readonly kill:
    | Exclude<KillRule, { kind: 'none' | 'outside' }>
    | { readonly kind: 'outside'; readonly random: Random; readonly kills: number };
  readonly broken?: Breakage | null;
}

export interface ChainResult {
  readonly kills: number;
  /** In words: where it was killed, and what was wrong after. */
  readonly wrong: readonly string[];
}

/**
 * Migrates a database by one runner after the other, each killed further on than the one before, until one comes to the
 * end. After every kill the state must be one that an undisturbed run has too, and at the end everything.
 */
export async function runChain(options: ChainOptions): Promise<ChainResult> {
  const { name, reference, history, kill } = options;
  const wrong: string[] = [];
  let kills = 0;
  let place = 'the beginning';
  let last: { readonly lines: readonly ReportLine[]; readonly state: State } | null = null;
  const complain = (what: string) => wrong.push(`${name}, after ${place}: ${what}`);
  const runners = createRunners(options);
  await runners.prepare();
  let killsOutside = 0;

  while (wrong.length === 0) {
    const isOutside = kill.kind === 'outside' && killsOutside < kill.kills;
    const afterMs = isOutside ? kill.random.next() * reference.durationMs : null;
    const run = await runners.run(
      kill.kind === 'next' ? kill : { kind: afterMs === null ? 'none' : 'outside' },
      afterMs,
    );
    for (const line of run.lines) {
      if (line.kind === 'damaged') complain(`damaged: ${line.what}`);
      if (line.kind !== 'state') continue;
      const what =
        judgeState(reference, line.state, last?.state ?? null) ??
        (last === null ? null : judgeProgress(last.lines, line.state, options.database.kind === 'postgres'));
      if (what !== null) complain(what);
      last = { lines: run.lines, state: line.state };
    }
    const end = run.lines.find((line) => line.kind === 'ended');
    if (end === undefined) {
      if (run.signal !== 'SIGKILL') {
        complain(`the runner ended by itself: ${run.stderr}`);
        continue;
      }
      kills += 1;
      if (isOutside) killsOutside += 1;
      place = run.lines.find((line) => line.kind === 'killed')?.boundary ?? `${Math.round(afterMs ?? 0)} ms`;
      continue;
    }
    if (isOutside) killsOutside += 1;
    if (end.result === 'failed' && end.tag !== null && runners.mend(end.tag)) {
      last = null;
      continue;
    }
    if (end.result !== 'applied' && end.result !== 'up-to-date')
      complain(`the run ${end.result}: ${end.message}`);
    else if (
      !isEqual(end.state.rows, reference.end.rows) ||
      !isEqual(end.state.structure, reference.end.structure)
    ) {
      complain(`another end than undisturbed:\n${diffStates(reference.end, end.state).join('\n')}`);
    }
    break;
  }
  return { kills, wrong };
}

/** Runners of one database, one after the other. */
export function createRunners({
  script,
  directory,
  database,
  history,
  broken = null,
}: Pick<ChainOptions, 'script' | 'directory' | 'database' | 'history' | 'broken'>) {
  mkdirSync(directory, { recursive: true });
  const covered = join(directory, 'covered');
  writeFileSync(covered, '');
  const mended = new Set<string>();
  let { bundle } = history;
  let mend: string | null = null;
  const report = join(directory, 'report');
  const { programs, before } = history;
  const base = { database, programs, covered, report };
  return {
    async run(kill: KillRule, killAfterMs: number | null, records = false) {
      const run = runRunner(script, { ...base, bundle, kill, broken, mend, records }, killAfterMs);
      mend = null;
      return run;
    },
    /** Brings the database to where the history begins. */
    async prepare(): Promise<void> {
      if (before === null) return;
      const undisturbed = { ...base, kill: { kind: 'none' }, broken: null, records: false } as const;
      for (const rows of [null, before.rows]) {
        const { lines, stderr } = await runRunner(
          script,
          { ...undisturbed, bundle: before.bundle, mend: rows },
          null,
        );
        const end = lines.find(({ kind }) => kind === 'ended');
        if (end === undefined) throw new Error(`What comes before ${history.name} did not end: ${stderr}`);
      }
    },
    /** Does something about a migration that failed, once. */
    mend(tag: string): boolean {
      const found = history.mends[tag];
      if (found === undefined || mended.has(tag)) return false;
      mended.add(tag);
      if (found.kind === 'data') mend = found.sql;
      else ({ bundle } = found);
      return true;
    },
  };
}

/** Runs a history undisturbed, in which every state is recorded, and again as it is, which must end the same. */
export async function readReference(
  options: Omit<ChainOptions, 'reference' | 'kill' | 'database'>,
  databases: readonly [CrashDatabase, CrashDatabase],
): Promise<Reference> {
  const [recorded, plain] = await Promise.all(
    databases.map((database, index) =>
      runUndisturbed({ ...options, database, directory: `${options.directory}-${index}` }, index === 0),
    ),
  );
  if (recorded === undefined || plain === undefined) throw new Error('unreachable');
  if (!isEqual(recorded.end.rows, plain.end.rows) || !isEqual(recorded.end.structure, plain.end.structure)) {
    throw new Error(
      `Two undisturbed runs end differently:\n${diffStates(recorded.end, plain.end).join('\n')}`,
    );
  }
  return { states: recorded.states, end: plain.end, durationMs: plain.durationMs };
}

async function runUndisturbed(
  options: Omit<ChainOptions, 'reference' | 'kill'>,
  records: boolean,
): Promise<Reference> {
  const runners = createRunners(options);
  await runners.prepare();
  const states: State[] = [];
  let durationMs = 0;
  for (;;) {
    const run = await runners.run({ kind: 'none' }, null, records);
    durationMs += run.durationMs;
    for (const line of run.lines) if (line.kind === 'state') states.push(line.state);
    const end = run.lines.find((line) => line.kind === 'ended');
    if (end === undefined)
      throw new Error(`${options.name}: an undisturbed runner ended by itself: ${run.stderr}`);
    if (end.result === 'failed' && end.tag !== null && runners.mend(end.tag)) continue;
    if (end.result !== 'applied')
      throw new Error(`${options.name}: an undisturbed run ${end.result}: ${end.message}`);
    return { states, end: end.state, durationMs };
  }
}
