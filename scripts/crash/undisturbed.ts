import { diffStates, isSameEnd, type Reference } from './reference.ts';
import type { CrashDatabase, State } from './runner/options.ts';
import { createRunners, type RunnersOptions } from './runners.ts';

/** Runs a history undisturbed, in which every state is recorded, and again as it is, which must end the same. */
export async function readReference(
  options: Omit<RunnersOptions, 'database' | 'broken'>,
  databases: readonly [CrashDatabase, CrashDatabase],
): Promise<Reference> {
  const [recorded, plain] = await Promise.all(
    databases.map((database, index) =>
      runUndisturbed({ ...options, database, directory: `${options.directory}-${index}` }, index === 0),
    ),
  );
  if (recorded === undefined || plain === undefined) throw new Error('unreachable');
  if (!isSameEnd(recorded.end, plain.end)) {
    throw new Error(
      `Two undisturbed runs end differently:\n${diffStates(recorded.end, plain.end).join('\n')}`,
    );
  }
  return { states: recorded.states, end: plain.end, durationMs: plain.durationMs };
}

async function runUndisturbed(options: RunnersOptions, records: boolean): Promise<Reference> {
  const runners = await createRunners(options);
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
