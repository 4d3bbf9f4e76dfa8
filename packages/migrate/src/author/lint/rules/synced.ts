import { quoteIdentifier } from '@lockstep/protocol';
import { unrepeatableCalls } from '../effects/volatility.ts';
import type { SafeForm } from '../finding.ts';
import { label, onAlter, paste, type Report, rule, sqlName, writtenName } from '../rule.ts';
import { keyOf, primaryKey } from '../schema/schema.ts';
import { nameParts } from '../schema/type-ref.ts';
import type { LintStatement } from '../statement.ts';
import { wordsOf } from './names.ts';

export const electricElsewhere = rule({
  name: 'electric-elsewhere',
  level: 'error',
  concern: 'sync',
  subject: '`ENABLE ELECTRIC` in another migration than the one that creates the table',
  why: 'Between the two, clients know of no such table while the server has rows; and what the same migration does beside it happens half with and half without sync.',
  instead:
    'In the migration that creates the table. For a table that is there already: a migration that holds nothing but ENABLE ELECTRIC. Clients then load the table as a new one.',
  covers: [],
  *finish(context) {
    const { before, schema, fileName } = context;
    const isAlone = before.every(({ classified }) => classified.kind === 'electric');
    if (isAlone) return;
    for (const statement of before) {
      const { electric } = statement.classified;
      if (electric?.kind !== 'enable-electric') continue;
      const key = `${electric.table.schema ?? schema.searchPath}.${electric.table.name}`;
      const table = schema.tables.get(key);
      if (table === undefined || table.file === fileName) continue;
      yield {
        statement,
        what: `${label(key)} was created in ${table.file}, and begins to sync here beside other changes.`,
        relation: key,
        safe: paste(
          `ALTER TABLE ${sqlName(key)} ENABLE ELECTRIC;`,
          'In a migration that holds nothing else (pnpm db:generate --custom --name electrify)',
        ),
      };
    }
  },
});

export const electricDisabled = rule({
  name: 'electric-disabled',
  level: 'warning',
  concern: 'sync',
  subject: '`DISABLE ELECTRIC`',
  why: 'Clients drop the table with what is in it; pages whose code reads it keep their old version until they are reloaded.',
  instead: 'Release code without the table first.',
  covers: [],
  *check({ classified }, { schema }) {
    if (classified.electric?.kind !== 'disable-electric') return;
    const { table } = classified.electric;
    const key = `${table.schema ?? schema.searchPath}.${table.name}`;
    yield { what: `Clients drop ${label(key)}.`, relation: key };
  },
});

export const electricMissing = rule({
  name: 'electric-missing',
  level: 'error',
  concern: 'sync',
  subject: '`CREATE TABLE` of a table that is configured as synced, without `ENABLE ELECTRIC`',
  why: 'The table exists on the server, and no client ever gets it.',
  instead: 'Run `pnpm db:electrify`, or put the statement behind CREATE TABLE.',
  covers: [],
  *finish({ before, schema, options, fileName }) {
    if (options.syncedTables === null || options.target === 'embedded') return;
    const synced = new Set(
      options.syncedTables.map((name) => (name.includes('.') ? name : `public.${name}`)),
    );
    for (const statement of before) {
      const { CreateStmt: create } = statement.node;
      const key = keyOf(schema, create?.relation);
      const table = schema.tables.get(key);
      if (create === undefined || !synced.has(key) || table === undefined) continue;
      if (
        table.file !== fileName ||
        table.isSynced ||
        table.persistence !== 'permanent' ||
        table.parent !== null
      )
        continue;
      yield {
        statement,
        what: `${label(key)} is configured as synced, and nothing here says so to the server.`,
        relation: null,
        safe: {
          blocks: [
            {
              title: 'Behind it',
              sql: `${statement.classified.text};\nALTER TABLE ${writtenName(create.relation)} ENABLE ELECTRIC;`,
            },
          ],
        },
      };
    }
  },
});

export const syncedWithoutKey = rule({
  name: 'synced-without-key',
  level: 'error',
  concern: 'sync',
  subject: 'A synced or published table without a primary key',
  why: 'Its rows can not be told apart on a client, and UPDATE and DELETE fail on the server as soon as the table is published.',
  instead: 'Give it a primary key.',
  covers: [],
  *finish({ before, schema }) {
    for (const statement of before) {
      const { electric } = statement.classified;
      const published =
        statement.node.CreatePublicationStmt?.pubobjects ??
        statement.node.AlterPublicationStmt?.pubobjects ??
        [];
      const names = published.flatMap(
        (item) =>
          (item as { PublicationObjSpec?: { pubtable?: { relation?: object } } }).PublicationObjSpec?.pubtable
            ?.relation ?? [],
      );
      const keys =
        electric?.kind === 'enable-electric'
          ? [`${electric.table.schema ?? schema.searchPath}.${electric.table.name}`]
          : names.map((name) => keyOf(schema, name));
      for (const key of keys) {
        const table = schema.tables.get(key);
        if (
          table === undefined ||
          primaryKey(table) !== null ||
          (electric === null && table.hasFullReplicaIdentity)
        )
          continue;
        const column =
          table.columns.find(({ name }) => name === 'id')?.name ?? table.columns[0]?.name ?? 'id';
        yield {
          statement,
          what: `${label(key)} has no primary key.`,
          relation: key,
          safe: paste(
            `ALTER TABLE ${sqlName(key)} ADD PRIMARY KEY (${quoteIdentifier(column)});\n${statement.classified.text};`,
            'With the columns that tell its rows apart',
          ),
        };
      }
    }
  },
});

export const syncedKeyChange = rule({
  name: 'synced-key-change',
  level: 'warning',
  concern: 'sync',
  subject: 'Another primary key, or another type of one, on a synced table',
  why: 'The key is what clients know a row by: they load the table anew, and local writes that name rows by the old key find nothing.',
  instead: 'Keep the key; make the new one a unique column.',
  covers: [],
  check: onAlter(
    ['AT_DropConstraint', 'AT_AlterColumnType', 'AT_DropColumn'],
    function* ({ command, key, table }) {
      if (table?.isSynced !== true) return;
      const primary = primaryKey(table);
      const isDropped = command.subtype === 'AT_DropConstraint' && primary?.name === command.name;
      const isChanged =
        command.subtype !== 'AT_DropConstraint' && primary?.columns.includes(command.name ?? '') === true;
      if (!isDropped && !isChanged) return;
      yield {
        what: `Clients know the rows of ${label(key)} by ${primary?.columns.join(', ') ?? 'their key'}.`,
        relation: key,
      };
    },
  ),
});

export const writeToSynced = rule({
  name: 'write-to-synced',
  level: 'notice',
  concern: 'sync',
  subject: '`UPDATE`, `DELETE` or `INSERT … SELECT` on a synced table',
  why: 'Each row that changes goes to every client that holds it, as ordinary changes; the server alone runs the statement, so that nothing of it comes back as local writes.',
  instead:
    'Only the rows that need it (a WHERE that leaves out those which have the value already), in batches.',
  covers: [],
  *check(statement, context) {
    const { node } = statement;
    const { schema, isNew, options } = context;
    const change = node.UpdateStmt ?? node.DeleteStmt;
    const key = keyOf(schema, change?.relation);
    if (change === undefined || isNew(key) || schema.tables.get(key)?.isSynced !== true) return;
    if (options.target === 'embedded' || change.whereClause !== undefined) return;
    yield { what: `Every client downloads every row of ${label(key)} again.`, relation: key };
  },
});

export const functionOverDropped = rule({
  name: 'function-over-dropped',
  level: 'error',
  concern: 'failure',
  subject: 'A function whose body names a column that is dropped or renamed',
  why: 'Postgres takes the change without looking into the body; the function fails when it is called next, in a trigger with the statement that fired it.',
  instead: 'CREATE OR REPLACE the function in the same migration.',
  covers: [],
  *finish({ before, schema }) {
    for (const statement of before) {
      for (const { key, column, renamedTo } of goneColumns(statement, schema.searchPath)) {
        const table = key.slice(key.indexOf('.') + 1).toLowerCase();
        const isBack = schema.tables.get(key)?.columns.some(({ name }) => name === column);
        if (isBack === true) continue;
        for (const routine of schema.routines.values()) {
          const words = wordsOf(routine.body);
          const isTriggerOf = [...(schema.tables.get(key)?.triggers.values() ?? [])].some((trigger) => {
            const { CreateTrigStmt: node } = trigger as {
              CreateTrigStmt?: { funcname?: Parameters<typeof nameParts>[0] };
            };
            return nameParts(node?.funcname).at(-1) === routine.name;
          });
          if (!words.has(column.toLowerCase()) || (!words.has(table) && !isTriggerOf)) continue;
          yield {
            statement,
            what: `The function ${routine.name} names ${column}, and fails when it is called next.`,
            relation: key,
            safe: renamedTo === null ? null : replacedName(routine.sql, column, renamedTo),
          } satisfies Report;
        }
      }
    }
  },
});

/** The function made anew with the column's new name; whoever pastes it looks at what else has that name. */
function replacedName(sql: string, from: string, to: string): SafeForm {
  const words = sql.replace(/^\s*create\s+(?:or\s+replace\s+)?/i, '');
  const escaped = from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const text = words.replace(new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`, 'gi'), () => to);
  return {
    isAddition: true,
    ...paste(`CREATE OR REPLACE ${text};`, 'Behind it: the function with the new name'),
  };
}

function goneColumns(
  { node }: LintStatement,
  searchPath: string,
): readonly { key: string; column: string; renamedTo: string | null }[] {
  const key = (relation: { schemaname?: string; relname?: string } | undefined) =>
    `${relation?.schemaname ?? searchPath}.${relation?.relname ?? ''}`;
  const { RenameStmt: rename, AlterTableStmt: alter } = node;
  if (rename?.renameType === 'OBJECT_COLUMN')
    return [
      {
        key: key(rename.relation),
        column: rename.subname ?? '',
        renamedTo: rename.newname ?? null,
      },
    ];
  return (alter?.cmds ?? []).flatMap((item) => {
    const { AlterTableCmd: command } = item as { AlterTableCmd?: { subtype?: string; name?: string } };
    return command?.subtype === 'AT_DropColumn'
      ? [{ key: key(alter?.relation), column: command.name ?? '', renamedTo: null }]
      : [];
  });
}

export const differsByDevice = rule({
  name: 'differs-by-device',
  level: 'warning',
  concern: 'data',
  subject: '`INSERT` or `UPDATE` with now(), random() or gen_random_uuid(), on embedded databases',
  why: 'Each database that runs the migration comes to other values.',
  instead: 'Constants; or compute them on the server and sync them.',
  covers: [],
  *check({ node }, { schema, options }) {
    const write = node.InsertStmt ?? node.UpdateStmt;
    if (options.target !== 'embedded' || write === undefined) return;
    const calls = unrepeatableCalls(schema, write);
    if (calls.length === 0) return;
    yield {
      what: `${calls.map((call) => (call.includes('current') ? call : `${call}()`)).join(', ')}: each database gets other values.`,
      relation: keyOf(schema, write.relation),
    };
  },
});

export const serverOnly = rule({
  name: 'server-only',
  level: 'notice',
  concern: 'failure',
  subject: 'Roles, grants, policies, publications, extensions, VACUUM, in an embedded database',
  why: 'They have no meaning there: the compiler leaves them out of what an embedded database runs (and CONCURRENTLY with them).',
  instead:
    'Nothing, where the application does not count on them; an extension has to be there when its types are used.',
  covers: [],
  *check({ classified, node }, { options }) {
    if (options.target !== 'embedded' || !classified.isServerOnly || classified.kind === 'electric') return;
    const extension = node.CreateExtensionStmt?.extname;
    yield {
      what:
        extension === undefined
          ? 'It is left out of what an embedded database runs.'
          : `The extension ${extension} is not created in an embedded database: load it with the instance if it is needed.`,
      relation: null,
    };
  },
});
