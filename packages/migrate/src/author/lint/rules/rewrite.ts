import { quoteIdentifier } from '@lockstep/protocol';
import { inMigrations, label, onAlter, onNode, paste, rule, writtenName } from '../rule.ts';
import { rangeVarsIn } from '../schema/references.ts';
import { keyOf } from '../schema/schema.ts';

const PACK =
  'Postgres has no form of it that lets others work; the pg_repack extension does the same beside the table.';

export const rewriteTable = rule({
  name: 'rewrite-table',
  level: 'error',
  concern: 'lock',
  subject: '`VACUUM FULL` and `CLUSTER`',
  why: 'The whole table is written anew while nobody can read it.',
  instead: `A plain VACUUM, which lets others work. ${PACK}`,
  covers: ['squawk prefer-repack'],
  *check({ node }, { schema }) {
    const { VacuumStmt: vacuum, ClusterStmt: cluster } = node;
    const isFull = (vacuum?.options ?? []).some(
      (item) => (item as { DefElem?: { defname?: string } }).DefElem?.defname === 'full',
    );
    if (cluster === undefined && !isFull) return;
    const [relation] = rangeVarsIn(vacuum?.rels ?? [{ RangeVar: cluster?.relation }]);
    const key = keyOf(schema, relation);
    yield {
      what: `${relation === undefined ? 'Every table' : label(key)} is written anew while nobody can read it.`,
      relation: relation === undefined ? null : key,
      safe: paste(
        `VACUUM (ANALYZE)${relation === undefined ? '' : ` ${writtenName(relation)}`};`,
        'Makes the room usable again, though it does not give it back to the disk',
      ),
    };
  },
});

const STORAGE: Readonly<Record<string, string>> = {
  AT_SetLogged: 'SET LOGGED',
  AT_SetUnLogged: 'SET UNLOGGED',
  AT_SetTableSpace: 'SET TABLESPACE',
  AT_SetAccessMethod: 'SET ACCESS METHOD',
};

export const moveStorage = rule({
  name: 'move-storage',
  level: 'error',
  concern: 'lock',
  subject: '`SET LOGGED`, `SET UNLOGGED`, `SET TABLESPACE`, `SET ACCESS METHOD`',
  why: 'The whole table is written anew while nobody can read it. An unlogged table is empty after a crash and is not replicated.',
  instead: 'A new table that has it from the start, filled in batches, then the names are exchanged.',
  covers: [],
  check: onAlter(
    ['AT_SetLogged', 'AT_SetUnLogged', 'AT_SetTableSpace', 'AT_SetAccessMethod'],
    function* ({ command, key, name }) {
      const words = STORAGE[command.subtype ?? ''] ?? '';
      const copy = quoteIdentifier(`${key.slice(key.indexOf('.') + 1)}_new`);
      const unlogged = command.subtype === 'AT_SetUnLogged' ? 'UNLOGGED ' : '';
      const place =
        command.subtype === 'AT_SetTableSpace'
          ? ` TABLESPACE ${quoteIdentifier(command.name ?? '')}`
          : command.subtype === 'AT_SetAccessMethod' && command.name !== undefined
            ? ` USING ${quoteIdentifier(command.name)}`
            : '';
      yield {
        what: `${words} writes ${label(key)} anew while nobody can read it.`,
        relation: key,
        safe: inMigrations([
          'A new table; copy the rows in batches, then exchange the names',
          place.includes('USING')
            ? `CREATE TABLE ${copy} (LIKE ${name} INCLUDING ALL)${place};`
            : `CREATE ${unlogged}TABLE ${copy} (LIKE ${name} INCLUDING ALL)${place};`,
        ]),
      };
    },
  ),
});

export const refreshView = rule({
  name: 'refresh-view',
  level: 'warning',
  concern: 'lock',
  subject: '`REFRESH MATERIALIZED VIEW`',
  why: 'Nobody can read the view until it is made anew.',
  instead: 'CONCURRENTLY, which needs a unique index on the view.',
  covers: [],
  check: onNode('RefreshMatViewStmt', function* (node, _, { schema, isNew }) {
    const key = keyOf(schema, node.relation);
    if (node.concurrent === true || node.skipData === true || isNew(key)) return;
    const view = schema.views.get(key);
    const name = writtenName(node.relation);
    const hasKey = [...schema.indexes.values()].some(
      ({ table, isUnique, isPartial, columns }) =>
        table === key && isUnique && !isPartial && !columns.includes(null),
    );
    const column = quoteIdentifier(view?.columns?.[0] ?? 'id');
    const index = quoteIdentifier(`${key.slice(key.indexOf('.') + 1)}_key`);
    yield {
      what: `Nobody can read ${label(key)} until it is made anew.`,
      relation: key,
      safe: hasKey
        ? paste(`REFRESH MATERIALIZED VIEW CONCURRENTLY ${name};`)
        : inMigrations(
            [
              'First a unique index (over columns that tell its rows apart)',
              `CREATE UNIQUE INDEX ${index} ON ${name} (${column});`,
            ],
            ['Then', `REFRESH MATERIALIZED VIEW CONCURRENTLY ${name};`],
          ),
    };
  }),
});

export const lockTable = rule({
  name: 'lock-table',
  level: 'warning',
  concern: 'lock',
  subject: '`LOCK TABLE`',
  why: 'Without a mode it is ACCESS EXCLUSIVE, to the end of the transaction. Each statement takes the lock it needs by itself.',
  instead: 'Leave it out, or name the weakest mode that does.',
  covers: [],
  check: onNode('LockStmt', function* (node, _, { schema, isNew }) {
    const names = rangeVarsIn(node.relations);
    const old = names.filter((name) => !isNew(keyOf(schema, name)));
    // 5 and above: SHARE and what is stronger.
    if (old.length === 0 || (node.mode ?? 8) < 5) return;
    yield {
      what: `${old.map((name) => label(keyOf(schema, name))).join(', ')} ${old.length === 1 ? 'is' : 'are'} locked to the end of the transaction.`,
      relation: keyOf(schema, old[0]),
      safe: paste(
        `LOCK TABLE ${names.map(writtenName).join(', ')} IN SHARE UPDATE EXCLUSIVE MODE;`,
        'Against other migrations and VACUUM alone',
      ),
    };
  }),
});
