import { expect, test } from 'vitest';
import { findWrongArrows } from './arrows.ts';
import { findDomainWords } from './domain-words.ts';

const file = (path: string, text: string) => ({ path, text });

test('an engine that imports the application is caught', () => {
  const wrong = findWrongArrows([
    file('packages/sync/src/x.ts', "import { users } from '@org/core';\nconsole.log(users);"),
  ]);
  expect(wrong).toEqual([expect.stringContaining('packages/sync/src/x.ts: imports @org/core')]);
});

test('a re-export and a dynamic import count as imports', () => {
  const wrong = findWrongArrows([
    file(
      'packages/protocol/src/x.ts',
      "export * from '@lockstep/migrate';\nexport const y = () => import('@org/core');",
    ),
  ]);
  expect(wrong).toHaveLength(2);
});

test('a relative import of another workspace is caught', () => {
  const wrong = findWrongArrows([file('apps/web/src/x.ts', "import '../../api/src/app.ts';")]);
  expect(wrong).toEqual([expect.stringContaining('a file of another workspace')]);
});

test('the web app gets no server half', () => {
  const wrong = findWrongArrows([
    file('apps/web/src/x.ts', "import '@lockstep/sync/server';\nimport '@org/core/migrations';"),
  ]);
  expect(wrong).toHaveLength(2);
});

test('scripts read the configuration in the root, nobody else does', () => {
  expect(findWrongArrows([file('scripts/db/x.ts', "import '../../lockstep.config.ts';")])).toEqual([]);
  expect(findWrongArrows([file('apps/web/src/x.ts', "import '../../../lockstep.config.ts';")])).toHaveLength(
    1,
  );
});

test('what the arrows allow passes', () => {
  expect(
    findWrongArrows([
      file(
        'packages/sync/src/x.ts',
        "import { quoteIdentifier } from '@lockstep/protocol';\nimport './y.ts';",
      ),
      file('apps/web/src/x.ts', "import '@lockstep/sync/react';"),
    ]),
  ).toEqual([]);
});

test('a domain word in an engine is caught, in its tests and in the application it is not', () => {
  const text = "export const table = 'tasks';";
  expect(findDomainWords([file('packages/sync/src/x.ts', text)])).toHaveLength(1);
  expect(
    findDomainWords([file('packages/sync/src/x.test.ts', text), file('packages/core/src/x.ts', text)]),
  ).toEqual([]);
});

test('a domain word is found within a name', () => {
  const text = 'const taskId = row.project_id;\nconst multitasking = true;';
  expect(findDomainWords([file('packages/sync/src/x.ts', text)])).toEqual([
    'packages/sync/src/x.ts:1: "task" is a word of the application\'s domain',
  ]);
});
