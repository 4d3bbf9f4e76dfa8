import { quoteIdentifier } from '@lockstep/protocol';
import type { ColumnDef, Constraint } from 'libpg-query';
import { foreignTablesOf } from '../effects/effects.ts';
import { type LintContext, label, onAlter, onNode, paste, type Report, rule, sqlName } from '../rule.ts';
import { columnDefOf, commandsOf, constraintOf } from '../schema/apply-alter.ts';
import { constraintsOf } from '../schema/apply-create.ts';
import { indexesOf, keyOf, type Schema, type Table } from '../schema/schema.ts';
import { formatType, isSerial, nameParts, typeRef } from '../schema/type-ref.ts';
import { alterPieces, columnPieces, type LintStatement } from '../statement.ts';

export const createTableReferences = rule({
  name: 'create-table-references',
  level: 'notice',
  concern: 'lock',
  subject: '`CREATE TABLE … REFERENCES` a table that is in use',
  why: 'The other table is locked against writes until the transaction ends.',
  instead: 'Nothing slow behind it in the same migration; or the foreign key in a migration of its own.',
  covers: [],
  check: onNode('CreateStmt', function* (node, statement, context) {
    const { schema, isNew } = context;
    const own = keyOf(schema, node.relation);
    const parents = [...new Set(foreignTablesOf(schema, node))].filter((key) => key !== own && !isNew(key));
    const slow = context.before.find(
      ({ step, effects }) =>
        step === statement.step && effects.some(({ scans, rewrites, builds }) => scans || rewrites || builds),
    );
    const [first] = parents;
    if (first === undefined || slow === undefined) return;
    yield {
      what: `${parents.map(label).join(', ')} ${parents.length === 1 ? 'is' : 'are'} locked against writes beside statement ${slow.number}, which takes its time.`,
      relation: first,
      safe: paste(`${statement.classified.text};`, 'In a migration of its own'),
    };
  }),
});

/** Each column that a statement declares, with its text, whether its table is new or not. */
export function* declaredColumns(
  statement: LintStatement,
  { schema }: LintContext,
): Iterable<{
  readonly column: ColumnDef;
  readonly key: string;
  readonly start: number;
  readonly isAdded: boolean;
}> {
  const { node, classified } = statement;
  const start = (column: ColumnDef) => classified.tree?.offsetOf(column.location ?? 0) ?? classified.start;
  for (const item of node.CreateStmt?.tableElts ?? []) {
    const { ColumnDef: column } = item as { ColumnDef?: ColumnDef };
    if (column !== undefined)
      yield { column, key: keyOf(schema, node.CreateStmt?.relation), start: start(column), isAdded: false };
  }
  if (node.AlterTableStmt === undefined) return;
  for (const command of commandsOf(node.AlterTableStmt)) {
    const column = command.subtype === 'AT_AddColumn' ? columnDefOf(command) : null;
    if (column !== null)
      yield { column, key: keyOf(schema, node.AlterTableStmt.relation), start: start(column), isAdded: true };
  }
}

/** A rule about a type that columns are better without; `to` is the type instead, or null where it is right. */
function typeRule(
  of: Pick<Parameters<typeof rule>[0], 'name' | 'level' | 'subject' | 'why' | 'instead' | 'covers'>,
  to: (column: ColumnDef, context: LintContext) => string | null,
) {
  return rule({
    ...of,
    concern: 'style',
    *check(statement, context) {
      for (const { column, key, start } of declaredColumns(statement, context)) {
        const better = to(column, context);
        if (better === null) continue;
        const type = isSerial(column.typeName)
          ? (nameParts(column.typeName?.names).at(-1) ?? 'serial')
          : formatType(typeRef(column.typeName, context.schema.searchPath));
        yield {
          what: `${column.colname ?? 'A column'} of ${label(key)} is ${type}.`,
          relation: null,
          at: start,
          safe: paste(withType(statement, column, better), `As ${better}`),
        } satisfies Report;
      }
    },
  });
}

/** The statement with another type for a column. */
function withType(statement: LintStatement, column: ColumnDef, type: string): string {
  const { sql, classified } = statement;
  const from = classified.tree?.offsetOf(column.typeName?.location ?? 0) ?? 0;
  const { type: written } = columnPieces(statement, column, typeEnd(statement, from));
  return `${sql.slice(classified.start, from)}${type}${sql.slice(from + written.length, classified.end)};`;
}

/** Where the type that begins at an offset may end at most: at the next comma or closing parenthesis of its level. */
function typeEnd(statement: LintStatement, from: number): number {
  let depth = 0;
  let end = from;
  for (const token of statement.classified.tokens) {
    if (token.start < from) continue;
    const symbol = token.kind === 'symbol' ? statement.sql.slice(token.start, token.end) : '';
    if (depth === 0 && (symbol === ',' || symbol === ')')) return end;
    if (symbol === '(') depth += 1;
    if (symbol === ')') depth -= 1;
    ({ end } = token);
  }
  return statement.classified.end;
}

const isKey = (column: ColumnDef) =>
  constraintsOf(column).some(({ contype }) => contype === 'CONSTR_PRIMARY');
const builtin = (column: ColumnDef) => typeRef(column.typeName, 'public').name;

export const jsonColumn = typeRule(
  {
    name: 'json-column',
    level: 'warning',
    subject: 'A column of type `json`',
    why: 'It has no equality, so DISTINCT, GROUP BY and UNION over it fail.',
    instead: 'jsonb.',
    covers: ['strong_migrations json column', 'eugene E3'],
  },
  (column) => (builtin(column) === 'json' ? 'jsonb' : null),
);

export const smallKey = typeRule(
  {
    name: 'small-key',
    level: 'notice',
    subject: 'A primary key of type `integer`, `smallint` or `serial`',
    why: 'It runs out at two billion (or 32 thousand), and a larger one costs a rewrite of the table and of all that refer to it.',
    instead: 'bigint with identity, or uuid.',
    covers: ['squawk prefer-bigint-over-int', 'squawk prefer-bigint-over-smallint'],
  },
  (column) => {
    if (!isKey(column) || (builtin(column) !== 'int4' && builtin(column) !== 'int2')) return null;
    return isSerial(column.typeName) ? 'bigserial' : 'bigint';
  },
);

export const serialColumn = typeRule(
  {
    name: 'serial-column',
    level: 'notice',
    subject: 'A column of type `serial`',
    why: 'The sequence has permissions and an owner of its own, and can be left behind.',
    instead: 'GENERATED BY DEFAULT AS IDENTITY.',
    covers: ['squawk prefer-identity'],
  },
  (column) => {
    if (!isSerial(column.typeName)) return null;
    const type = { int2: 'smallint', int4: 'integer', int8: 'bigint' }[builtin(column)] ?? 'bigint';
    return `${type} GENERATED BY DEFAULT AS IDENTITY`;
  },
);

export const charColumn = typeRule(
  {
    name: 'char-column',
    level: 'notice',
    subject: 'A column of type `char(n)`',
    why: 'It is padded with blanks, which some comparisons see and others do not; it saves nothing.',
    instead: 'text.',
    covers: ['squawk ban-char-field'],
  },
  (column) => (builtin(column) === 'bpchar' ? 'text' : null),
);

export const varcharColumn = typeRule(
  {
    name: 'varchar-column',
    level: 'off',
    subject: 'A column of type `varchar(n)`',
    why: 'To shorten it costs a rewrite; the limit is no faster than text with a check.',
    instead: 'text, with a check where a limit is wanted.',
    covers: ['squawk prefer-text-field'],
  },
  (column) => (builtin(column) === 'varchar' ? 'text' : null),
);

export const timestampColumn = typeRule(
  {
    name: 'timestamp-column',
    level: 'notice',
    subject: 'A column of type `timestamp` without time zone',
    why: 'It says what a clock showed, not when: clients in other time zones read another moment.',
    instead: 'timestamp with time zone.',
    covers: ['squawk prefer-timestamptz'],
  },
  (column) => (builtin(column) === 'timestamp' ? 'timestamp with time zone' : null),
);

export const foreignKeyIndex = rule({
  name: 'foreign-key-index',
  level: 'notice',
  concern: 'style',
  subject: 'A foreign key whose columns no index begins with',
  why: 'Each DELETE of a referenced row (and each change of its key) reads the whole table.',
  instead: 'An index that begins with the columns of the foreign key.',
  covers: ['eugene E15'],
  *finish({ schema, before, fileName }) {
    for (const statement of before) {
      for (const { key, constraint } of foreignKeysOf(statement, schema)) {
        const table = schema.tables.get(key);
        const columns = columnsOf(constraint.node, constraint.column);
        if (table === undefined || columns.length === 0 || isCovered(schema, table, columns)) continue;
        const concurrently = table.file === fileName ? '' : 'CONCURRENTLY ';
        const index = quoteIdentifier(`${table.name}_${columns.join('_')}`);
        yield {
          statement,
          what: `No index of ${label(key)} begins with ${columns.join(', ')}.`,
          relation: null,
          safe: {
            isAddition: true,
            ...paste(
              `CREATE INDEX ${concurrently}${index} ON ${sqlName(key)} (${columns.map(quoteIdentifier).join(', ')});`,
              table.file === fileName ? 'Beside it' : 'In a migration of its own',
            ),
          },
        };
      }
    }
  },
});

const columnsOf = (node: Constraint, column: string | null) =>
  column === null ? [...nameParts(node.fk_attrs)] : [column];

function isCovered(schema: Schema, table: Table, columns: readonly string[]): boolean {
  return indexesOf(schema, `${table.schema}.${table.name}`).some((index) => {
    const first = index.columns.slice(0, columns.length);
    return (
      !index.isPartial && first.length === columns.length && columns.every((name) => first.includes(name))
    );
  });
}

function* foreignKeysOf(
  { node }: LintStatement,
  schema: Schema,
): Iterable<{ key: string; constraint: { node: Constraint; column: string | null } }> {
  const create = node.CreateStmt;
  const ofColumn = (column: ColumnDef) =>
    constraintsOf(column)
      .filter(({ contype }) => contype === 'CONSTR_FOREIGN')
      .map((found) => ({ node: found, column: column.colname ?? null }));
  for (const item of create?.tableElts ?? []) {
    const { ColumnDef: column, Constraint: constraint } = item as {
      ColumnDef?: ColumnDef;
      Constraint?: Constraint;
    };
    const key = keyOf(schema, create?.relation);
    for (const found of column === undefined ? [] : ofColumn(column)) yield { key, constraint: found };
    if (constraint?.contype === 'CONSTR_FOREIGN')
      yield { key, constraint: { node: constraint, column: null } };
  }
  if (node.AlterTableStmt === undefined) return;
  for (const command of commandsOf(node.AlterTableStmt)) {
    const key = keyOf(schema, node.AlterTableStmt.relation);
    const column = command.subtype === 'AT_AddColumn' ? columnDefOf(command) : null;
    for (const found of column === null ? [] : ofColumn(column)) yield { key, constraint: found };
    const constraint = command.subtype === 'AT_AddConstraint' ? constraintOf(command) : null;
    if (constraint?.contype === 'CONSTR_FOREIGN')
      yield { key, constraint: { node: constraint, column: null } };
  }
}

export const changeDefault = rule({
  name: 'change-default',
  level: 'notice',
  concern: 'clients',
  subject: '`DROP DEFAULT` of a column that is NOT NULL',
  why: 'It takes no time, but code that runs, and pages that are open, still leave the column out when they insert: that fails from now on.',
  instead: 'Deploy code that names the column first.',
  covers: [],
  check: onAlter(['AT_ColumnDefault'], function* ({ command, key, table }) {
    const column = table?.columns.find(({ name }) => name === command.name);
    if (command.def !== undefined || column?.notNull === false) return;
    yield {
      what: `Code that runs still leaves ${command.name ?? 'the column'} of ${label(key)} out when it inserts.`,
      relation: key,
    };
  }),
});

export const mergeableAlters = rule({
  name: 'mergeable-alters',
  level: 'notice',
  concern: 'style',
  subject: 'Two `ALTER TABLE` of one table that both read or rewrite it',
  why: 'Postgres does the work of one statement in one pass over the table.',
  instead: 'One ALTER TABLE with both subcommands.',
  covers: ['eugene W12'],
  check: onAlter(
    ['AT_AddColumn', 'AT_AlterColumnType', 'AT_SetNotNull', 'AT_AddConstraint'],
    function* ({ key }, statement, context) {
      const isSlow = ({ effects }: LintStatement) =>
        effects.some(({ relation, rewrites, scans }) => relation === key && (rewrites || scans));
      const earlier = context.before.findLast(
        (other) =>
          other.step === statement.step &&
          other.node.AlterTableStmt !== undefined &&
          keyOf(context.schema, other.node.AlterTableStmt.relation) === key &&
          isSlow(other),
      );
      if (earlier === undefined || !isSlow(statement)) return;
      const [first, second] = [alterPieces(earlier), alterPieces(statement)];
      yield {
        what: `${label(key)} is read whole in statement ${earlier.number} already.`,
        relation: key,
        safe:
          first === null || second === null
            ? null
            : paste(
                `${first.head}\n  ${[...first.pieces, ...second.pieces].map(({ text }) => text).join(',\n  ')};`,
                `Instead of statements ${earlier.number} and ${statement.number}`,
              ),
      };
    },
  ),
});
