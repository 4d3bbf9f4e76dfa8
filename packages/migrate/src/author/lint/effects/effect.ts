import { type LockMode, strongerLock } from '../lock.ts';

/** What a statement does to one relation while it runs. */
export interface Effect {
  /** `schema.name`. */
  readonly relation: string;
  readonly kind: 'table' | 'index' | 'view' | 'sequence';
  readonly lock: LockMode;
  /** Every row is written anew, with every index. */
  readonly rewrites: boolean;
  /** Every row is read. */
  readonly scans: boolean;
  /** An index is built. */
  readonly builds: boolean;
}

export interface EffectList {
  add(
    relation: string,
    lock: LockMode,
    work?: Partial<Pick<Effect, 'kind' | 'rewrites' | 'scans' | 'builds'>>,
  ): void;
  readonly all: () => readonly Effect[];
}

/** Collects effects; of one relation the strongest lock and all work count, as they do for Postgres. */
export function effectList(): EffectList {
  const found = new Map<string, Effect>();
  return {
    add(relation, lock, work = {}) {
      const known = found.get(relation);
      found.set(relation, {
        relation,
        kind: work.kind ?? known?.kind ?? 'table',
        lock: known === undefined ? lock : strongerLock(known.lock, lock),
        rewrites: (known?.rewrites ?? false) || (work.rewrites ?? false),
        scans: (known?.scans ?? false) || (work.scans ?? false),
        builds: (known?.builds ?? false) || (work.builds ?? false),
      });
    },
    all: () => [...found.values()],
  };
}

/** Whether it takes time that grows with the table. */
export function isSlow(effect: Effect): boolean {
  return effect.rewrites || effect.scans || effect.builds;
}
