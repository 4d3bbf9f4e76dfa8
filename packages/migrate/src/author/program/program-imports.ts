import { LockstepError } from '@lockstep/protocol';
import { parseSync } from 'oxc-parser';
import { placeOfOffset } from '../../run/sql-position.ts';
import type { ProgramSource } from '../journal-migration.ts';

/**
 * A program is copied to where the bundle is, and shipped from there: what it imports from beside itself would not come
 * along, and could change under a migration that is released. Packages, Node built-ins and types are fine.
 * Raises PROGRAM_INVALID with the place of the import, or of a syntax error.
 */
export function checkProgramImports({ file, text }: ProgramSource): void {
  const { errors, module } = parseSync(file, text);
  const [error] = errors;
  if (error !== undefined) {
    const offset = error.labels[0]?.start ?? 0;
    throw new LockstepError('PROGRAM_INVALID', {
      message: `The module is no valid TypeScript: ${error.message}`,
      remedy: 'Correct it.',
      place: { file, ...placeOfOffset(text, offset) },
    });
  }
  const requests = [
    ...module.staticImports
      .filter(({ entries }) => entries.length === 0 || entries.some(({ isType }) => !isType))
      .map(({ moduleRequest }) => moduleRequest),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest === null || isType ? [] : [moduleRequest],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
      value: text.slice(start, end).replace(/^(['"`])(.*)\1$/s, '$2'),
      start,
    })),
  ];
  for (const { value, start } of requests) {
    if (!/^(\.|\/|#|file:)/.test(value)) continue;
    throw new LockstepError('PROGRAM_INVALID', {
      message: `The module imports ${value}, which is not shipped with it.`,
      remedy:
        'A TypeScript migration holds all that it needs: packages, Node built-ins and types can be imported (`import type`), files beside it can not. Copy what it uses into it.',
      place: { file, ...placeOfOffset(text, start) },
    });
  }
}
