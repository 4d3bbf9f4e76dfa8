import type { StructureKind } from '../structure/index.ts';
import type { Verification, VerifyProblem } from './verify.ts';

/** A verification for people, line by line. */
export function formatVerification(verification: Verification): readonly string[] {
  if (verification.kind === 'unverifiable') return [`Nothing can be verified: ${verification.reason}`];
  const { checked, problems, unexpected, apart, limitedBy } = verification;
  return [
    ...problems.flatMap(formatProblem),
    ...unexpected.map(({ identity }) => `unexpected ${identity}: no migration made it.`),
    ...apart.map(({ identity, expected, actual }) => `${identity}: expected ${expected}, found ${actual}.`),
    ...(limitedBy === null ? [] : [`Policies, publications and the like were not verified: ${limitedBy}`]),
    `${formatCounts(checked)}: ${problems.length === 0 ? 'all there.' : `${problems.length} not as promised.`}`,
  ];
}

function formatProblem({ what, identity, expected, actual, maker, repair }: VerifyProblem): string[] {
  const origin =
    maker === null ? '' : ` (${maker.tag}${maker.place === null ? '' : `, line ${maker.place.line}`})`;
  return [
    `${what} ${identity}${origin}`,
    ...(actual === null ? [] : [`  expected: ${indent(expected)}`, `  found:    ${indent(actual)}`]),
    ...(repair === null ? [] : [`  repair: ${indent(repair)}`]),
  ];
}

function indent(text: string): string {
  return text.trimEnd().replaceAll('\n', '\n    ');
}

const TOLD: readonly (readonly [StructureKind, string, string])[] = [
  ['table', 'table', 'tables'],
  ['column', 'column', 'columns'],
  ['constraint', 'constraint', 'constraints'],
  ['index', 'index', 'indexes'],
  ['view', 'view', 'views'],
  ['function', 'function', 'functions'],
  ['trigger', 'trigger', 'triggers'],
  ['policy', 'policy', 'policies'],
  ['publication', 'publication', 'publications'],
];

function formatCounts(checked: Readonly<Partial<Record<StructureKind, number>>>): string {
  const counts = TOLD.flatMap(([kind, one, many]) => {
    const count = checked[kind] ?? 0;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return counts.length === 0 ? 'Nothing is promised' : counts.join(', ');
}
