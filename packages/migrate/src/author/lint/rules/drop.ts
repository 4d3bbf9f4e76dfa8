import { quoteIdentifier } from '@lockstep/protocol';
import { withReferencing } from '../effects/effects.ts';
import { inMigrations, type LintContext, label, onAlter, onNode, paste, rule, sqlName } from '../rule.ts';
import { droppedNames } from '../schema/apply-drop.ts';
import { rangeVarsIn } from '../schema/references.ts';
import { keyOf, keyOfParts, referencingTables } from '../schema/schema.ts';
import { viewsOver } from './column-type.ts';

export const dropColumn = rule({
  name: 'drop-column',
  level: 'warning',
  concern: 'clients',
  subject: '`DROP COLUMN`',
  why: 'It takes no time, but code that runs, and pages that are open, still name the column; its values are gone.',
  instead:
    'Release code without the column first; drop it in a later release. Our down migration keeps the values in a stash.',
  covers: ['squawk ban-drop-column', 'strong_migrations removing a column', 'atlas DS103'],
  check: onAlter(['AT_DropColumn'], function* ({ command, key, table, head }) {
    const name = command.name ?? '';
    const column = table?.columns.find((candidate) => candidate.name === name);
    const isRequired = column?.notNull === true && column.default === null && !column.isIdentity;
    yield {
      what: `${name} of ${label(key)} is gone for code that runs and pages that are open.`,
      relation: key,
      safe: inMigrations([
        'With the release that stops using it; the column is dropped in the one after (then ignored here, with that as the reason)',
        isRequired
          ? `${head} ALTER COLUMN ${quoteIdentifier(name)} DROP NOT NULL;`
          : `COMMENT ON COLUMN ${sqlName(key)}.${quoteIdentifier(name)} IS 'unused: dropped in the next release';`,
      ]),
    };
  }),
});

export const dropTable = rule({
  name: 'drop-table',
  level: 'warning',
  concern: 'data',
  subject: '`DROP TABLE`',
  why: 'Its rows are gone, code that runs still names it, and each table that it refers to is locked as well.',
  instead: 'Take its foreign keys away and rename it; drop it when nobody has missed it.',
  covers: ['squawk ban-drop-table', 'atlas DS102'],
  check: onNode('DropStmt', function* (node, _, context) {
    const { schema } = context;
    if (node.removeType !== 'OBJECT_TABLE') return;
    for (const key of droppedNames(node).map((parts) => keyOfParts(schema, parts))) {
      if (context.isNew(key) || (node.missing_ok === true && !schema.tables.has(key))) continue;
      const table = schema.tables.get(key);
      const foreign = table?.constraints.filter(({ references }) => references !== null) ?? [];
      const detach = foreign.map(
        ({ name }) => `ALTER TABLE ${sqlName(key)} DROP CONSTRAINT ${quoteIdentifier(name)};`,
      );
      const unused = `${key.slice(key.indexOf('.') + 1)}_unused`;
      yield {
        what: `The rows of ${label(key)} are gone${foreign.length === 0 ? '' : `, and ${foreign.map(({ references }) => label(references ?? '')).join(', ')} ${foreign.length === 1 ? 'is' : 'are'} locked with it`}.`,
        relation: key,
        safe: inMigrations([
          'Now; it is dropped in a later release (then ignored here, with that as the reason)',
          [...detach, `ALTER TABLE ${sqlName(key)} RENAME TO ${quoteIdentifier(unused)};`].join('\n'),
        ]),
      };
    }
  }),
});

export const dropSchema = rule({
  name: 'drop-schema',
  level: 'error',
  concern: 'data',
  subject: '`DROP SCHEMA`, `DROP DATABASE`, `DROP OWNED`',
  why: 'Everything in it is gone, named or not.',
  instead: 'Drop the objects one by one, so that a review sees them.',
  covers: ['squawk ban-drop-database', 'atlas DS101'],
  *check({ node }, context) {
    const { schema } = context;
    if (node.DropdbStmt !== undefined) yield { what: 'A migration drops a whole database.' };
    if (node.DropOwnedStmt !== undefined) yield { what: 'Everything that a role owns is dropped.' };
    if (node.DropStmt?.removeType !== 'OBJECT_SCHEMA') return;
    for (const parts of droppedNames(node.DropStmt)) {
      const name = parts.at(-1) ?? '';
      const inside = [...schema.tables.values()].filter((table) => table.schema === name);
      if (inside.length > 0 && inside.every((table) => context.isNew(`${table.schema}.${table.name}`)))
        continue;
      const drops = inside.map((table) => `DROP TABLE ${sqlName(`${table.schema}.${table.name}`)};`);
      yield {
        what:
          inside.length === 0
            ? `Whatever is in the schema ${name} is dropped with it.`
            : `${inside.map((table) => table.name).join(', ')} ${inside.length === 1 ? 'goes' : 'go'} with the schema ${name}.`,
        safe: inside.length === 0 ? null : paste(drops.join('\n'), 'One by one (the empty schema may stay)'),
      };
    }
  },
});

export const truncate = rule({
  name: 'truncate',
  level: 'error',
  concern: 'data',
  subject: '`TRUNCATE`',
  why: 'The rows are gone under an ACCESS EXCLUSIVE lock; with CASCADE also those of every table that refers to it, even where the foreign key says ON DELETE SET NULL. Row triggers and sync learn nothing row by row.',
  instead: 'DELETE in batches, with the condition that the rows have in common.',
  covers: ['squawk ban-truncate-cascade'],
  check: onNode('TruncateStmt', function* (node, _, context) {
    const { schema } = context;
    const roots = rangeVarsIn(node.relations).map((name) => keyOf(schema, name));
    const all = node.behavior === 'DROP_CASCADE' ? withReferencing(schema, roots) : roots;
    const old = all.filter((key) => !context.isNew(key));
    const [first] = old;
    if (first === undefined) return;
    yield {
      what: `${old.map(label).join(', ')} ${old.length === 1 ? 'is' : 'are'} emptied.`,
      relation: first,
      safe: paste(
        roots
          .map((key) => {
            const name = sqlName(key);
            return `-- Again and again until it deletes no row.\nDELETE FROM ${name} WHERE ctid IN (SELECT ctid FROM ${name} LIMIT 5000);`;
          })
          .join('\n'),
        'In batches, and foreign keys do what they say',
      ),
    };
  }),
});

export const dropCascade = rule({
  name: 'drop-cascade',
  level: 'error',
  concern: 'data',
  subject: '`DROP … CASCADE`',
  why: 'Views, foreign keys, triggers and defaults that depend on it are dropped without being named.',
  instead: 'Name what goes, in statements of their own, and leave CASCADE out.',
  covers: [],
  *check(statement, context) {
    const { node, classified } = statement;
    const { schema } = context;
    const restricted = classified.text.replace(/\s+cascade\s*$/i, '').replace(/\s+cascade(?=\s*,)/gi, '');
    if (node.DropStmt?.behavior === 'DROP_CASCADE') {
      const { removeType } = node.DropStmt;
      const keys = droppedNames(node.DropStmt).map((parts) => keyOfParts(schema, parts));
      if (removeType === 'OBJECT_SCHEMA') return;
      if (keys.length > 0 && keys.every((key) => context.isNew(key))) return;
      const found = removeType === 'OBJECT_TABLE' ? keys.map((key) => dependents(context, key)) : [];
      const names = found.flatMap((each) => each.names);
      const drops = found.flatMap((each) => each.drops);
      yield {
        what:
          names.length === 0
            ? 'Whatever depends on it is dropped as well, without being named.'
            : `${names.join(', ')} ${names.length === 1 ? 'goes' : 'go'} with it.`,
        safe: paste([...drops, `${restricted};`].join('\n'), 'With what goes named'),
      };
    }
    for (const item of node.AlterTableStmt?.cmds ?? []) {
      const { AlterTableCmd: command } = item as {
        AlterTableCmd?: { behavior?: string; subtype?: string; name?: string };
      };
      const key = keyOf(schema, node.AlterTableStmt?.relation);
      if (command?.behavior !== 'DROP_CASCADE' || context.isNew(key)) continue;
      const views = command.subtype === 'AT_DropColumn' ? viewsOver(schema, key, command.name ?? '') : [];
      const drops = views.map(
        (view) =>
          `DROP ${view.isMaterialized ? 'MATERIALIZED ' : ''}VIEW ${sqlName(`${view.schema}.${view.name}`)};`,
      );
      yield {
        what:
          views.length === 0
            ? 'Whatever depends on it is dropped as well, without being named.'
            : `${views.map((view) => label(`${view.schema}.${view.name}`)).join(', ')} ${views.length === 1 ? 'goes' : 'go'} with it.`,
        relation: key,
        safe: paste([...drops, `${restricted};`].join('\n'), 'With what goes named'),
      };
    }
  },
});

/** What depends on a table, as far as the history says. */
function dependents(
  { schema }: LintContext,
  key: string,
): { names: readonly string[]; drops: readonly string[] } {
  const views = [...schema.views.values()].filter(({ query }) =>
    rangeVarsIn(query).some((name) => keyOf(schema, name) === key),
  );
  const foreign = referencingTables(schema, key).flatMap((table) =>
    table.constraints
      .filter(({ references }) => references === key && `${table.schema}.${table.name}` !== key)
      .map((constraint) => ({ table: `${table.schema}.${table.name}`, name: constraint.name })),
  );
  return {
    names: [
      ...views.map((view) => `the view ${label(`${view.schema}.${view.name}`)}`),
      ...foreign.map(({ table, name }) => `the foreign key ${name} of ${label(table)}`),
    ],
    drops: [
      ...views.map(
        (view) =>
          `DROP ${view.isMaterialized ? 'MATERIALIZED ' : ''}VIEW ${sqlName(`${view.schema}.${view.name}`)};`,
      ),
      ...foreign.map(
        ({ table, name }) => `ALTER TABLE ${sqlName(table)} DROP CONSTRAINT ${quoteIdentifier(name)};`,
      ),
    ],
  };
}

export const dropAndCreate = rule({
  name: 'drop-and-create',
  level: 'error',
  concern: 'data',
  subject: '`DROP TABLE` and `CREATE TABLE` of one name in one migration',
  why: 'It looks like a change and empties the table.',
  instead: 'ALTER the table that is there.',
  covers: ['strong_migrations create table with force'],
  check: onNode('CreateStmt', function* (node, _, { schema, before }) {
    const key = keyOf(schema, node.relation);
    const dropped = before.find(
      ({ node: earlier }) =>
        earlier.DropStmt?.removeType === 'OBJECT_TABLE' &&
        droppedNames(earlier.DropStmt).some((parts) => keyOfParts(schema, parts) === key),
    );
    const wasCreated = before.some(
      (earlier) =>
        earlier.node.CreateStmt !== undefined &&
        keyOf(schema, earlier.node.CreateStmt.relation) === key &&
        dropped !== undefined &&
        earlier.number < dropped.number,
    );
    if (dropped === undefined || wasCreated) return;
    yield { what: `${label(key)} is dropped and made anew: its rows are gone.` };
  }),
});
