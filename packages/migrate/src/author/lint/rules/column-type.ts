import { quoteIdentifier } from '@lockstep/protocol';
import { columnTypeWork } from '../effects/alter-table.ts';
import { batchedUpdate } from '../recipe.ts';
import {
  type AlteredTable,
  inMigrations,
  type LintContext,
  label,
  onAlter,
  paste,
  rule,
  sqlName,
} from '../rule.ts';
import { columnDefOf } from '../schema/apply-alter.ts';
import { columnRefsIn, rangeVarsIn } from '../schema/references.ts';
import { findColumn, indexesOf, keyOf, type Schema, type View } from '../schema/schema.ts';
import { formatType, nameParts, typeRef } from '../schema/type-ref.ts';
import { columnPieces, type LintStatement } from '../statement.ts';

function workOf({ table, command }: AlteredTable, context: LintContext) {
  const isUtc = /^(utc|etc\/utc|gmt)$/i.test(context.settings.get('timezone') ?? '');
  return columnTypeWork(context.schema, findColumn(table, command.name), command, { isUtc });
}

/** The new type as it is written, with its collation. */
function writtenType({ command, piece }: AlteredTable, statement: LintStatement): string {
  const definition = columnDefOf(command);
  if (definition === null) return 'text';
  const { base, type } = columnPieces(statement, definition, piece?.end ?? statement.classified.end);
  const text = (base.includes(type) ? type : base).replace(/\s+using\s[\s\S]*$/i, '');
  const collation = nameParts(definition.collClause?.collname).map(quoteIdentifier).join('.');
  return collation === '' ? text : `${text} COLLATE ${collation}`;
}

/** What USING says, or a plain cast. */
function conversion({ command, piece }: AlteredTable, type: string): string {
  const using = /\susing\s+([\s\S]+)$/i.exec(piece?.text ?? '')?.[1];
  return using ?? `${quoteIdentifier(command.name ?? '')}::${type.replace(/\scollate\s[\s\S]*$/i, '')}`;
}

export const changeType = rule({
  name: 'change-type',
  level: 'error',
  concern: 'lock',
  subject: '`ALTER COLUMN … TYPE` where the values are stored in another form',
  why: 'Postgres writes the whole table and every index of it anew while nobody can read it. So it is from integer to bigint, from text to varchar(n), to a shorter varchar, to another scale of numeric, from jsonb or an enum to text.',
  instead:
    'A new column beside the old one, kept by a trigger, filled in batches, then taken into use; the old one is dropped in a later release.',
  covers: [
    'squawk changing-column-type',
    'strong_migrations changing a column type',
    'eugene E5',
    'eugene E10',
  ],
  check: onAlter(['AT_AlterColumnType'], function* (altered, statement, context) {
    if (workOf(altered, context) !== 'rewrite') return;
    const { command, key, table, head, rest, name } = altered;
    const columnName = command.name ?? '';
    const column = findColumn(table, columnName);
    const type = writtenType(altered, statement);
    const [old, next] = [quoteIdentifier(columnName), quoteIdentifier(`${columnName}_new`)];
    const value = conversion(altered, type);
    const trigger = quoteIdentifier(`${key.slice(key.indexOf('.') + 1)}_${columnName}_new`);
    const from = column === null ? '' : ` from ${formatType(column.type)}`;
    yield {
      what: `${columnName} is converted${from} to ${formatType(typeRef(columnDefOf(command)?.typeName, context.schema.searchPath))}: the whole table and its indexes are rewritten.`,
      relation: key,
      safe: inMigrations(
        [
          'Migration 1: a column of the new type, which a trigger keeps',
          `${rest}${head} ADD COLUMN ${next} ${type};
CREATE FUNCTION ${trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT ${value} INTO NEW.${next} FROM (SELECT NEW.${old} AS ${old}) AS new_row;
  RETURN NEW;
END;
$$;
CREATE TRIGGER ${trigger} BEFORE INSERT OR UPDATE ON ${name} FOR EACH ROW EXECUTE FUNCTION ${trigger}();`,
        ],
        [
          'Migration 2: the rows that are there, in batches (a program)',
          batchedUpdate(name, table, `${next} = ${value}`, `${next} IS NULL AND ${old} IS NOT NULL`),
        ],
        [
          'Migration 3: when the code reads the new column (indexes and constraints of the old one are made on it first)',
          `DROP TRIGGER ${trigger} ON ${name};\nDROP FUNCTION ${trigger}();`,
        ],
      ),
    };
  }),
});

export const changeTypeTimeZone = rule({
  name: 'change-type-time-zone',
  level: 'error',
  concern: 'failure',
  subject: '`ALTER COLUMN … TYPE` between timestamp with and without time zone',
  why: "The old values are read in the session's time zone. In UTC nothing is rewritten; in any other the table is, and each server may come to other values.",
  instead: 'Pin the time zone in the transaction.',
  covers: ['squawk changing-column-type', 'eugene E5'],
  check: onAlter(['AT_AlterColumnType'], function* (altered, statement, context) {
    if (workOf(altered, context) !== 'time-zone') return;
    yield {
      what: `What ${altered.command.name ?? 'the column'} becomes depends on the time zone of the session.`,
      relation: altered.key,
      safe: paste(`SET LOCAL timezone = 'UTC';\n${statement.classified.text};`, 'With the time zone pinned'),
    };
  }),
});

export const changeCollation = rule({
  name: 'change-collation',
  level: 'error',
  concern: 'lock',
  subject: '`ALTER COLUMN … TYPE … COLLATE` of an indexed column',
  why: 'The table stays as it is, but every index on the column is built anew while nobody can read the table.',
  instead: 'An index with the new collation, built CONCURRENTLY, and COLLATE in the queries.',
  covers: [],
  check: onAlter(['AT_AlterColumnType'], function* (altered, statement, context) {
    if (workOf(altered, context) !== 'collation') return;
    const { command, key, name } = altered;
    const column = command.name ?? '';
    const indexes = indexesOf(context.schema, key).filter(({ columns }) => columns.includes(column));
    if (indexes.length === 0) return;
    const collation =
      nameParts(columnDefOf(command)?.collClause?.collname).map(quoteIdentifier).join('.') || '"default"';
    yield {
      what: `${indexes.map((index) => index.name).join(', ')} ${indexes.length === 1 ? 'is' : 'are'} built anew for another collation of ${column}.`,
      relation: key,
      safe: paste(
        indexes
          .map(
            (index) =>
              `CREATE ${index.isUnique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY ${quoteIdentifier(`${index.name}_collated`)} ON ${name} (${index.columns
                .map((each) =>
                  each === column
                    ? `${quoteIdentifier(column)} COLLATE ${collation}`
                    : quoteIdentifier(each ?? column),
                )
                .join(', ')});`,
          )
          .join('\n'),
        'Beside the old ones, each alone in its file; queries then say COLLATE',
      ),
    };
  }),
});

/** Views whose query names the column of the table. */
export function viewsOver(schema: Schema, key: string, column: string): readonly View[] {
  return [...schema.views.values()].filter(({ query }) => {
    if (!rangeVarsIn(query).some((name) => keyOf(schema, name) === key)) return false;
    const refs = columnRefsIn(query);
    return refs.has(column) || refs.has('*');
  });
}

function recreated(views: readonly View[], statement: string): string {
  const drop = views.map((view) => {
    const kind = view.isMaterialized ? 'MATERIALIZED VIEW' : 'VIEW';
    return `DROP ${kind} ${sqlName(`${view.schema}.${view.name}`)};`;
  });
  return [...drop.reverse(), `${statement};`, ...views.map(({ sql }) => `${sql};`)].join('\n');
}

export const changeUnderView = rule({
  name: 'change-under-view',
  level: 'error',
  concern: 'failure',
  subject: '`ALTER COLUMN … TYPE` or `DROP COLUMN` of a column that a view reads',
  why: 'Postgres refuses it (0A000, 2BP01). With CASCADE it drops the view without a word.',
  instead: 'Drop the view and make it again in the same migration.',
  covers: [],
  check: onAlter(
    ['AT_AlterColumnType', 'AT_DropColumn'],
    function* ({ key, command }, statement, context) {
      const column = command.name ?? '';
      const views = viewsOver(context.schema, key, column);
      if (views.length === 0) return;
      const names = views.map((view) => label(`${view.schema}.${view.name}`)).join(', ');
      yield {
        what: `${names} ${views.length === 1 ? 'reads' : 'read'} ${column}, so Postgres refuses to change it.`,
        relation: key,
        safe: paste(
          recreated(views, statement.classified.text.replace(/\s+cascade\s*$/i, '')),
          command.subtype === 'AT_DropColumn'
            ? 'With the view made anew (take the column out of it)'
            : 'With the view made anew',
        ),
      };
    },
    { includeNew: true },
  ),
});
