import { type StructureDiff, type StructureObject, tableOf } from './diff.ts';

/**
 * A diff for people, grouped by table: what is missing, what is unexpected, and both definitions of what differs.
 * Empty for an empty diff.
 */
export function formatStructureDiff(diff: StructureDiff): string {
  const groups = new Map<string, string[]>();
  for (const { object, lines } of linesOf(diff)) {
    const group = tableOf(object) ?? '';
    groups.set(group, [...(groups.get(group) ?? []), ...lines]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([table, lines]) =>
      [table === '' ? 'Of no table' : table, ...lines.map((line) => `  ${line}`)].join('\n'),
    )
    .join('\n');
}

interface Told {
  readonly object: StructureObject;
  readonly lines: readonly string[];
}

function linesOf({ missing, unexpected, different, apart }: StructureDiff): readonly Told[] {
  return [
    ...missing.map((object) => told(object, 'missing', [block('', object.definition)])),
    ...unexpected.map((object) => told(object, 'unexpected', [block('', object.definition)])),
    ...different.map(({ identity, expected, actual }) =>
      told({ identity, definition: expected }, 'different', [
        block('expected: ', expected),
        block('found:    ', actual),
      ]),
    ),
    ...apart.map(({ identity, expected, actual }) =>
      told({ identity, definition: expected }, 'same, but for its', [
        block('expected: ', expected),
        block('found:    ', actual),
      ]),
    ),
  ];
}

function told(object: StructureObject, what: string, definition: readonly (readonly string[])[]): Told {
  return { object, lines: [`${what} ${object.identity}`, ...definition.flat().map((line) => `  ${line}`)] };
}

/** A definition of several lines (a function's) goes on below its first. */
function block(label: string, definition: string): readonly string[] {
  const [first = '', ...rest] = definition.trimEnd().split('\n');
  return [`${label}${first}`, ...rest.map((line) => `${' '.repeat(label.length)}${line}`)];
}
