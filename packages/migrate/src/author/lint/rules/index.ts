import { quoteIdentifier } from '@lockstep/protocol';
import { label, onNode, paste, rule, sqlName, writtenName } from '../rule.ts';
import { elementsOf, indexNameOf } from '../schema/apply-create.ts';
import { droppedNames } from '../schema/apply-drop.ts';
import { keyOf, keyOfParts } from '../schema/schema.ts';
import { insertAfter, type LintStatement, without } from '../statement.ts';

const COLUMNS_MAX = 3;

/** The statement with CONCURRENTLY, and with a name, without which nobody could find an invalid one. */
function concurrently(statement: LintStatement, name: string, isNamed: boolean): string {
  const text = insertAfter(
    statement,
    ['index'],
    isNamed ? 'CONCURRENTLY' : `CONCURRENTLY ${quoteIdentifier(name)}`,
  );
  return `${text.replace(/(concurrently\s+)if\s+not\s+exists\s+/i, '$1')};`;
}

export const createIndex = rule({
  name: 'create-index',
  level: 'error',
  concern: 'lock',
  subject: '`CREATE INDEX` without CONCURRENTLY',
  why: 'Nobody can write to the table until the index is built.',
  instead: 'CONCURRENTLY, alone in its migration.',
  covers: [
    'squawk require-concurrent-index-creation',
    'strong_migrations index non-concurrently',
    'eugene E6',
  ],
  check: onNode('IndexStmt', function* (node, statement, context) {
    const key = keyOf(context.schema, node.relation);
    const table = context.schema.tables.get(key);
    if (node.concurrent === true || context.isNew(key)) return;
    const index = indexNameOf(context.schema, node);
    const what = `Nobody can write to ${label(key)} until ${index.name} is built.`;
    if (table?.isPartitioned === true) {
      const name = quoteIdentifier(index.name);
      const columns = statement.classified.text.replace(/^[\s\S]*?\)?\s*on\s+(?:only\s+)?\S+\s*/i, '');
      const parts = [...context.schema.tables.values()].filter(({ parent }) => parent === key);
      yield {
        what,
        relation: key,
        safe: {
          blocks: [
            {
              title: 'Of the parent alone: instant, and not valid yet',
              sql: `CREATE INDEX ${name} ON ONLY ${writtenName(node.relation)} ${columns};`,
            },
            ...parts.flatMap((part) => {
              const own = quoteIdentifier(`${part.name}_${index.name}`);
              const partName = sqlName(`${part.schema}.${part.name}`);
              return [
                {
                  title: `Of ${part.name}, alone in its file`,
                  sql: `CREATE INDEX CONCURRENTLY ${own} ON ${partName} ${columns};`,
                },
                { title: `Attach it`, sql: `ALTER INDEX ${name} ATTACH PARTITION ${own};` },
              ];
            }),
          ],
        },
      };
      return;
    }
    yield {
      what,
      relation: key,
      safe: paste(concurrently(statement, index.name, node.idxname !== undefined), 'Alone in its migration'),
    };
  }),
});

export const concurrentlyIfNotExists = rule({
  name: 'concurrently-if-not-exists',
  level: 'error',
  concern: 'failure',
  subject: '`CREATE INDEX CONCURRENTLY IF NOT EXISTS`',
  why: 'A build that failed leaves an invalid index under that name. IF NOT EXISTS is content with it: no query uses it, every write keeps paying for it, and a unique one enforces nothing.',
  instead:
    'Drop what is left and build it again. (Our runner looks for an invalid index and rebuilds it by itself.)',
  covers: [],
  check: onNode('IndexStmt', function* (node, statement, context) {
    if (node.concurrent !== true || node.if_not_exists !== true) return;
    const index = indexNameOf(context.schema, node);
    yield {
      what: `If a build of ${index.name} has failed before, the invalid index stays and this statement does nothing.`,
      relation: keyOf(context.schema, node.relation),
      safe: {
        blocks: [
          {
            title: 'Alone in its migration',
            sql: `DROP INDEX CONCURRENTLY IF EXISTS ${sqlName(`${index.schema}.${index.name}`)};`,
          },
          { title: 'Alone in the next', sql: `${without(statement, 'if', 'not', 'exists')};` },
        ],
      },
    };
  }),
});

export const dropIndex = rule({
  name: 'drop-index',
  level: 'warning',
  concern: 'lock',
  subject: '`DROP INDEX` without CONCURRENTLY',
  why: 'It waits for everybody who is at the table, and keeps readers and writers out meanwhile.',
  instead: 'CONCURRENTLY, alone in its migration.',
  covers: [
    'squawk require-concurrent-index-deletion',
    'strong_migrations removing an index non-concurrently',
  ],
  check: onNode('DropStmt', function* (node, _, { schema, isNew }) {
    if (node.removeType !== 'OBJECT_INDEX' || node.concurrent === true) return;
    const keys = droppedNames(node).map((parts) => keyOfParts(schema, parts));
    const old = keys.filter((key) => !isNew(schema.indexes.get(key)?.table ?? ''));
    const [first] = old;
    if (first === undefined) return;
    const table = schema.indexes.get(first)?.table;
    const ifExists = node.missing_ok === true ? 'IF EXISTS ' : '';
    yield {
      what: `${old.map(label).join(', ')} and ${table === undefined ? 'its table' : label(table)} are locked against readers and writers.`,
      relation: table ?? first,
      // CONCURRENTLY drops one index at a time.
      safe: {
        blocks: keys.map((key) => ({
          title: 'Alone in its migration',
          sql: `DROP INDEX CONCURRENTLY ${ifExists}${sqlName(key)};`,
        })),
      },
    };
  }),
});

export const reindex = rule({
  name: 'reindex',
  level: 'error',
  concern: 'lock',
  subject: '`REINDEX` without CONCURRENTLY',
  why: 'Nobody can write to the table, or use its indexes to read it, until they are built.',
  instead: 'REINDEX … CONCURRENTLY, alone in its migration.',
  covers: ['squawk require-concurrent-reindex'],
  check: onNode('ReindexStmt', function* (node, statement, { schema }) {
    const isConcurrent = (node.params ?? []).some(
      (item) => (item as { DefElem?: { defname?: string } }).DefElem?.defname === 'concurrently',
    );
    if (isConcurrent) return;
    const word = node.kind?.replace('REINDEX_OBJECT_', '').toLowerCase() ?? 'table';
    const key = keyOf(schema, node.relation);
    yield {
      what: `${node.relation === undefined ? 'The tables' : label(key)} can't be written to, and hardly read, until the indexes are built.`,
      relation: node.kind === 'REINDEX_OBJECT_INDEX' ? (schema.indexes.get(key)?.table ?? key) : key,
      safe:
        node.kind === 'REINDEX_OBJECT_SYSTEM'
          ? null
          : paste(`${insertAfter(statement, [word], 'CONCURRENTLY')};`, 'Alone in its migration'),
    };
  }),
});

export const wideIndex = rule({
  name: 'wide-index',
  level: 'notice',
  concern: 'style',
  subject: '`CREATE INDEX` over more than three columns that is not unique',
  why: 'Each write pays for all of its columns; the first ones do nearly all of the narrowing.',
  instead: 'Index the columns that narrow most.',
  covers: ['strong_migrations >3-column non-unique index'],
  check: onNode('IndexStmt', function* (node, statement, context) {
    const columns = elementsOf(node.indexParams);
    if (node.unique === true || columns.length <= COLUMNS_MAX) return;
    const names = columns.slice(0, COLUMNS_MAX).flatMap(({ name }) => name ?? []);
    yield {
      what: `The index has ${columns.length} columns.`,
      safe:
        names.length < COLUMNS_MAX
          ? null
          : paste(
              `CREATE INDEX CONCURRENTLY ${quoteIdentifier(indexNameOf(context.schema, node).name)} ON ${writtenName(node.relation)} (${names.map(quoteIdentifier).join(', ')});`,
              'With the columns that narrow most (here the first three)',
            ),
    };
  }),
});
