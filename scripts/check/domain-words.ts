import type { SourceFile } from './source-files.ts';

/** Words of the demo's domain: engines work for any schema, so they know none of them. */
const DOMAIN_WORDS = [
  'task',
  'tasks',
  'project',
  'projects',
  'workspace',
  'workspaces',
  'assignee',
  'comments table',
  'task_labels',
];

const ENGINES = /^packages\/(?!core\/)/;

/** Domain words in an engine's own code (comments included; its tests are free), each as `file:line: word`. */
export function findDomainWords(files: readonly SourceFile[]): string[] {
  const pattern = new RegExp(`\\b(${DOMAIN_WORDS.join('|')})\\b`, 'i');
  return files
    .filter(({ path }) => ENGINES.test(path) && !/\.test\.tsx?$|\/testing\//.test(path))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => {
        const word = pattern.exec(line)?.[0];
        return word === undefined
          ? []
          : [`${path}:${index + 1}: "${word}" is a word of the application's domain`];
      }),
    );
}
