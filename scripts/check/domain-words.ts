import type { SourceFile } from './source-files.ts';

/**
 * Words of the demo's domain: engines work for any schema, so they know none of them. Those that Postgres uses itself
 * (comments, labels, roles) are left out.
 */
const DOMAIN_WORDS = new Set([
  'task',
  'tasks',
  'project',
  'projects',
  'workspace',
  'workspaces',
  'assignee',
  'assignees',
  'member',
  'members',
  'profile',
  'profiles',
]);

const ENGINES = /^packages\/(?!core\/)/;

/** Domain words in an engine's own code (comments included; its tests are free), each as `file:line: word`. */
export function findDomainWords(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => ENGINES.test(path) && !/\.test\.tsx?$|\/testing\//.test(path))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => {
        const word = wordsOf(line).find((found) => DOMAIN_WORDS.has(found.toLowerCase()));
        return word === undefined
          ? []
          : [`${path}:${index + 1}: "${word}" is a word of the application's domain`];
      }),
    );
}

/** `taskId` and `task_id` both hold the word `task`. */
function wordsOf(line: string): readonly string[] {
  return line
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z]+/)
    .filter((word) => word !== '');
}
