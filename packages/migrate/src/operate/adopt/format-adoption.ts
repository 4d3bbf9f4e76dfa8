import { formatStructureDiff } from '../structure/format-diff.ts';
import type { AdoptionInspection } from './adopt.ts';
import type { Repair } from './repair.ts';

/** What was found, for a terminal. */
export function formatAdoption({ isTracked, replaced, plan, legacy }: AdoptionInspection): string {
  const { matched, unmatched } = legacy;
  const older = [
    ...(matched.length === 0
      ? []
      : [`An older runner's table speaks of ${matched.map(({ tag }) => tag).join(', ')}.`]),
    ...unmatched.map(
      ({ source, name }) => `${source} has ${name}, which fits no migration: kept, and taken for none.`,
    ),
  ];
  return [
    ...squashedLines(replaced, plan),
    ...(isTracked
      ? ['The database has tracking rows already: nothing to adopt.']
      : planLines(plan, replaced.length > 0)),
    ...older,
  ].join('\n');
}

/** Structure proves no rows: whether a squashed file that only filled some was run, only its name tells. */
function squashedLines(replaced: readonly string[], plan: AdoptionInspection['plan']): readonly string[] {
  if (replaced.length === 0) return [];
  const applied = `Applied are ${replaced.join(', ')}.`;
  if (plan.kind === 'exact')
    return [
      `${applied} Their rows give way to those of ${plan.tag}: make sure that nothing of what was squashed is missing.`,
      '',
    ];
  return [
    `${applied} The database may be in the middle of what was squashed: migrate it to the end of that with the build before the squash, then adopt.`,
    '',
  ];
}

function planLines(plan: AdoptionInspection['plan'], isSquashed: boolean): readonly string[] {
  switch (plan.kind) {
    case 'empty':
      return ['The database is empty: `migrate` makes everything.'];
    case 'exact': {
      const apart = formatStructureDiff(plan.diff);
      return [`The database equals ${plan.tag}.`, ...(apart === '' ? [] : [apart])];
    }
    case 'ambiguous':
      return [
        `The database equals ${plan.tags.join(' and ')} alike: what lies between them changes rows, or nothing that shows.`,
        'Say which of them was the last to be run: --at TAG.',
      ];
    case 'unknown':
      return [
        `What a server has after ${plan.tag} is not known: the migration uses what PGlite can't replay. Say with --at which version before it the database is at.`,
      ];
    case 'different':
      return [
        `The database equals no version. The nearest is ${plan.tag}:`,
        formatStructureDiff(plan.diff),
        ...(isSquashed ? [] : repairLines(plan.repair)),
      ];
  }
}

function repairLines({ statements, byHand, kept }: Repair): readonly string[] {
  return [
    ...(statements.length === 0 ? [] : ['', 'This repairs it:', ...statements.map((sql) => `${sql};`)]),
    ...(kept.length === 0
      ? []
      : ['', `The history doesn't know these; they would stay: ${kept.join(', ')}.`]),
    ...(byHand.length === 0 ? [] : ['', `These have to be mended by hand first: ${byHand.join(', ')}.`]),
  ];
}
