import { quoteIdentifier } from '@lockstep/protocol';
import { batchedUpdate } from '../recipe.ts';
import { inMigrations, label, onNode, paste, type Report, rule, sqlName, writtenName } from '../rule.ts';
import { findColumn, keyOf, keyOfParts } from '../schema/schema.ts';
import { formatType, nameParts } from '../schema/type-ref.ts';

export const renameColumn = rule({
  name: 'rename-column',
  level: 'warning',
  concern: 'clients',
  subject: '`RENAME COLUMN`',
  why: 'It takes no time, but from that moment on the code that runs, and pages that are open, ask for a column that is not there.',
  instead: 'A new column that a trigger keeps equal; drop the old one when no code names it.',
  covers: ['squawk renaming-column', 'strong_migrations renaming a column', 'atlas BC102'],
  check: onNode('RenameStmt', function* (node, _, { schema, isNew }) {
    const key = keyOf(schema, node.relation);
    if (node.renameType !== 'OBJECT_COLUMN' || node.relationType !== 'OBJECT_TABLE' || isNew(key)) return;
    const table = schema.tables.get(key) ?? null;
    const column = findColumn(table, node.subname);
    const [from, to] = [quoteIdentifier(node.subname ?? ''), quoteIdentifier(node.newname ?? '')];
    const name = writtenName(node.relation);
    const trigger = quoteIdentifier(`${key.slice(key.indexOf('.') + 1)}_${node.newname ?? ''}_sync`);
    yield {
      what: `${node.subname ?? ''} of ${label(key)} is gone for code that runs and pages that are open.`,
      relation: key,
      safe: inMigrations(
        [
          'Migration 1: the new name beside the old one, kept equal by a trigger',
          `ALTER TABLE ${name} ADD COLUMN ${to} ${column === null ? 'text' : formatType(column.type)};
CREATE FUNCTION ${trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.${to} := coalesce(NEW.${to}, NEW.${from});
    NEW.${from} := coalesce(NEW.${from}, NEW.${to});
  ELSIF NEW.${to} IS DISTINCT FROM OLD.${to} THEN
    NEW.${from} := NEW.${to};
  ELSE
    NEW.${to} := NEW.${from};
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER ${trigger} BEFORE INSERT OR UPDATE ON ${name} FOR EACH ROW EXECUTE FUNCTION ${trigger}();`,
        ],
        [
          'Migration 2: the rows that are there, in batches (a program)',
          batchedUpdate(name, table, `${to} = ${from}`, `${to} IS DISTINCT FROM ${from}`),
        ],
        [
          'Migration 3: when no code names the old one',
          `DROP TRIGGER ${trigger} ON ${name};\nDROP FUNCTION ${trigger}();\nALTER TABLE ${name} DROP COLUMN ${from};`,
        ],
      ),
    };
  }),
});

export const renameTable = rule({
  name: 'rename-table',
  level: 'warning',
  concern: 'clients',
  subject: '`RENAME TO` of a table, and `SET SCHEMA`',
  why: 'It takes no time, but from that moment on the code that runs asks for a table that is not there.',
  instead: 'Leave a view with the old name, which can be read and written, until no code names it.',
  covers: ['squawk renaming-table', 'strong_migrations renaming a table', 'atlas BC101'],
  *finish({ before, schema, fileName }) {
    for (const statement of before) {
      const { RenameStmt: rename, AlterObjectSchemaStmt: move } = statement.node;
      const old =
        rename?.renameType === 'OBJECT_TABLE'
          ? rename.relation
          : move?.objectType === 'OBJECT_TABLE'
            ? move.relation
            : undefined;
      if (old === undefined) continue;
      const key = keyOf(schema, old);
      const [namespace = 'public'] = key.split('.', 1);
      const to =
        move === undefined
          ? `${namespace}.${rename?.newname ?? ''}`
          : `${move.newschema ?? ''}.${old.relname ?? ''}`;
      // A view with the old name keeps everybody going.
      if (schema.tables.get(to)?.file === fileName || schema.views.has(key)) continue;
      yield {
        statement,
        what: `${label(key)} is gone for code that runs and pages that are open.`,
        relation: key,
        safe: paste(
          `${statement.classified.text};\nCREATE VIEW ${writtenName(old)} AS SELECT * FROM ${sqlName(to)};`,
          'In one migration; drop the view when no code names it',
        ),
      } satisfies Report;
    }
  },
});

export const renameType = rule({
  name: 'rename-value',
  level: 'warning',
  concern: 'clients',
  subject: '`RENAME VALUE` of an enum, `RENAME` of a type or schema',
  why: 'No table is locked, but code that runs, and pages that are open, still write the old word.',
  instead: 'Add the new value, move the rows, and leave the old one unused.',
  covers: ['strong_migrations renaming a schema', 'strong_migrations renaming an enum value'],
  *check({ node }, { schema, fileName }) {
    const { AlterEnumStmt: change, RenameStmt: rename } = node;
    if (change?.oldVal !== undefined) {
      const key = keyOfParts(schema, nameParts(change.typeName));
      const type = schema.enums.get(key);
      if (type?.file === fileName) return;
      const columns = [...schema.tables.values()].flatMap((table) =>
        table.columns.filter((column) => column.type.name === key).map((column) => ({ table, column })),
      );
      const literal = (value: string | undefined) => `'${(value ?? '').replaceAll("'", "''")}'`;
      const typeName = nameParts(change.typeName).map(quoteIdentifier).join('.');
      yield {
        what: `Code that runs still writes ${change.oldVal}.`,
        relation: null,
        safe: inMigrations(
          [
            'Migration 1: the new value',
            `ALTER TYPE ${typeName} ADD VALUE ${literal(change.newVal)} AFTER ${literal(change.oldVal)};`,
          ],
          ...columns.map(
            ({ table, column }) =>
              [
                'Migration 2, when no code writes the old one: the rows, in batches (a program)',
                batchedUpdate(
                  `${table.schema === 'public' ? '' : `${quoteIdentifier(table.schema)}.`}${quoteIdentifier(table.name)}`,
                  table,
                  `${quoteIdentifier(column.name)} = ${literal(change.newVal)}`,
                  `${quoteIdentifier(column.name)} = ${literal(change.oldVal)}`,
                ),
              ] as const,
          ),
        ),
      };
    }
    if (rename?.renameType === 'OBJECT_SCHEMA' || rename?.renameType === 'OBJECT_TYPE')
      yield {
        what: `Code that runs still names ${rename.subname ?? nameParts((rename.object as { List?: { items?: [] } } | undefined)?.List?.items).join('.')}.`,
        relation: null,
      };
  },
});
