import type { Random } from './random.ts';
import { diffStates, isSameEnd, judgeProgress, judgeState, type Reference } from './reference.ts';
import type { KillRule, ReportLine, State } from './runner/options.ts';
import { createRunners, type RunnersOptions } from './runners.ts';

export interface ChainOptions extends RunnersOptions {
  readonly reference: Reference;
  readonly kill: ChainKill;
}

export type ChainKill =
  | Extract<KillRule, { kind: 'next' }>
  /** So many runners after a time that the numbers decide. */
  | { readonly kind: 'outside'; readonly random: Random; readonly kills: number };

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
  const { name, reference, kill } = options;
  const wrong: string[] = [];
  let kills = 0;
  let place = 'the beginning';
  let last: { readonly lines: readonly ReportLine[]; readonly state: State } | null = null;
  const complain = (what: string) => wrong.push(`${name}, after ${place}: ${what}`);
  const runners = await createRunners(options);
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
    else if (!isSameEnd(reference.end, end.state)) {
      complain(`another end than undisturbed:\n${diffStates(reference.end, end.state).join('\n')}`);
    }
    break;
  }
  return { kills, wrong };
}
