import type { Executor } from '../../run/executor/executor.ts';
import { formatRunError } from '../../run/format-failure.ts';
import { runMigrations } from '../../run/run-migrations.ts';
import type { CrashEngine } from './engines.ts';
import type { CrashHistory } from './histories.ts';
import type { CrashJob } from './job.ts';
import type { CrashProcesses } from './process.ts';
import { CRASH_PROGRAMS } from './programs.ts';
import type { Relay } from './relay.ts';
import { readCrashState } from './state.ts';

/** What a killed process may leave: one of the states of an undisturbed run, of which the last is its end. */
export interface Undisturbed {
  readonly states: ReadonlySet<string>;
  readonly end: string;
}

/** Where a process is killed: at a call into the database, or at one of its protocol messages. */
export type KillPoint =
  | { readonly kind: 'call'; readonly at: number }
  | { readonly kind: 'message'; readonly at: number; readonly moment: 'before' | 'after' };

export interface CrashLab {
  readonly engine: CrashEngine;
  readonly processes: CrashProcesses;
  readonly history: CrashHistory;
  readonly relay: Relay | null;
  readonly isStepwise: boolean;
  readonly isBroken?: boolean;
}

/** Runs it here, and looks after each thing that stays: a commit, or a statement outside of transactions. */
export async function readUndisturbed({ engine, history }: CrashLab): Promise<Undisturbed> {
  await engine.reset();
  const states = new Set<string>();
  let end = '';
  await engine.look(async (executor) => {
    const look = async () => {
      end = normalise(await readCrashState(executor));
      states.add(end);
    };
    await look();
    const after = async <T>(call: Promise<T>): Promise<T> => {
      try {
        return await call;
      } finally {
        await look();
      }
    };
    const watching: Executor = {
      ...executor,
      // One by one, so that every state is seen which a call of several commits passes through.
      capabilities: { ...executor.capabilities, isInProcess: false },
      exec: (sql) => after(executor.exec(sql)),
      transaction: (body) => after(executor.transaction(body)),
    };
    const result = await run(watching, engine, history);
    if (result.kind === history.ends) return;
    const error = 'error' in result ? formatRunError(result.error) : '';
    throw new Error(`${history.name}: ${result.kind} instead of ${history.ends}. ${error}`);
  });
  return { states, end };
}

/** How many boundaries and messages an undisturbed process passes. */
export async function countPoints(
  lab: CrashLab,
): Promise<{ readonly calls: number; readonly messages: number }> {
  await lab.engine.reset();
  lab.relay?.watch(null, 'before', () => undefined);
  const report = await lab.processes.start(jobOf(lab, null)).ended;
  if (report === null || report.result !== lab.history.ends)
    throw new Error(`${lab.history.name}: ${report?.result}`);
  return { calls: report.boundaries, messages: lab.relay?.messages ?? 0 };
}

/** Kills a process there, and answers what is wrong with what it left or with how the next run ends; null for nothing. */
export async function killAt(
  lab: CrashLab,
  point: KillPoint,
  undisturbed: Undisturbed,
): Promise<string | null> {
  const { engine, processes, history, relay } = lab;
  await engine.reset();
  if (point.kind === 'message') {
    let kill = () => undefined as void;
    relay?.watch(point.at, point.moment, () => kill());
    const { child, ended } = processes.start(jobOf(lab, null));
    kill = () => void child.kill('SIGKILL');
    if ((await ended) !== null) return 'was not killed';
  } else {
    relay?.watch(null, 'before', () => undefined);
    if ((await processes.start(jobOf(lab, point.at)).ended) !== null) return 'was not killed';
  }
  return engine.look(async (executor) => {
    const left = normalise(await readCrashState(executor));
    if (!undisturbed.states.has(left)) return `left a state that is none of an undisturbed run's:\n${left}`;
    const { kind } = await run(executor, engine, history);
    const isUpToDate = kind === 'up-to-date' && history.ends === 'applied';
    if (kind !== history.ends && !isUpToDate) return `ended ${kind} when it was run again`;
    const end = normalise(await readCrashState(executor));
    return end === undisturbed.end ? null : `ended in another state:\n${end}`;
  });
}

/** All points, or as many of them as wanted, evenly spread from a start that the seed decides. */
export function choosePoints(
  counts: { readonly calls: number; readonly messages: number },
  wanted: number,
  seed: number,
): readonly KillPoint[] {
  const all: KillPoint[] = [
    ...Array.from({ length: counts.calls }, (_, at): KillPoint => ({ kind: 'call', at })),
    ...Array.from({ length: counts.messages }, (_, at) =>
      (['before', 'after'] as const).map((moment): KillPoint => ({ kind: 'message', at, moment })),
    ).flat(),
  ];
  if (wanted >= all.length) return all;
  const step = all.length / wanted;
  const offset = seed % Math.max(1, Math.floor(step));
  return Array.from({ length: wanted }, (_, index) => all[Math.floor(index * step) + offset] as KillPoint);
}

function jobOf(
  { engine, history, relay, isStepwise, isBroken = false }: CrashLab,
  at: number | null,
): CrashJob {
  const { database } = engine;
  return {
    database: database.kind === 'postgres' && relay !== null ? { ...database, url: relay.url } : database,
    migrations: history.migrations,
    killAt: at,
    isStepwise,
    isBroken,
  };
}

function run(executor: Executor, { target }: CrashEngine, { migrations }: CrashHistory) {
  return runMigrations(
    executor,
    { migrations, programs: CRASH_PROGRAMS },
    { target, verify: 'off', lease: { pollMs: 20 } },
  );
}

/** Times of rows differ from run to run. */
function normalise(state: string): string {
  return state.replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+(?:\+[\d:]+)?/g, '<time>');
}
