import { quoteIdentifier } from '@lockstep/protocol';
import type { ColumnDef, Constraint } from 'libpg-query';
import { volatileCalls } from '../effects/volatility.ts';
import { batchedUpdate, notNullFromCheck, notNullInSteps, withoutName } from '../recipe.ts';
import {
  type AlteredTable,
  inMigrations,
  type LintContext,
  label,
  onAlter,
  paste,
  type Report,
  rule,
} from '../rule.ts';
import { columnDefOf } from '../schema/apply-alter.ts';
import { constraintsOf, nameOfConstraint } from '../schema/apply-create.ts';
import { isSerial, typeRef } from '../schema/type-ref.ts';
import { type ColumnPieces, columnPieces, type LintStatement } from '../statement.ts';

/** A column that comes to a table, with the constraint that a rule is about. */
interface AddedColumn extends AlteredTable {
  readonly column: ColumnDef;
  readonly name: string;
  readonly columnName: string;
  readonly pieces: ColumnPieces;
  readonly statement: LintStatement;
  readonly context: LintContext;
  readonly constraint: Constraint | null;
  /** The definition without the constraints that `omit` takes. */
  readonly definition: (omit: (constraint: Constraint) => boolean) => string;
}

function onAddColumn(
  find: (column: ColumnDef, context: LintContext) => readonly (Constraint | null)[],
  look: (added: AddedColumn) => Iterable<Report>,
) {
  return onAlter(['AT_AddColumn'], function* (altered, statement, context) {
    const column = columnDefOf(altered.command);
    if (column === null) return;
    for (const constraint of find(column, context)) {
      const pieces = columnPieces(statement, column, altered.piece?.end ?? statement.classified.end);
      const definition: AddedColumn['definition'] = (omit) =>
        [pieces.base, ...pieces.constraints.filter(({ node }) => !omit(node)).map(({ text }) => text)].join(
          ' ',
        );
      const columnName = column.colname ?? '';
      yield* look({ ...altered, column, columnName, pieces, statement, context, constraint, definition });
    }
  });
}

const ofType =
  (...types: readonly Constraint['contype'][]) =>
  (column: ColumnDef) =>
    constraintsOf(column).filter(({ contype }) => types.includes(contype));

const isA =
  (...types: readonly Constraint['contype'][]) =>
  ({ contype }: Constraint) =>
    types.includes(contype);

const textOf = ({ pieces, constraint }: AddedColumn) =>
  pieces.constraints.find(({ node }) => node === constraint)?.text ?? '';

const isRequired = (column: ColumnDef) => constraintsOf(column).some(isA('CONSTR_NOTNULL', 'CONSTR_PRIMARY'));

/** The migrations that fill a column in batches and then make it NOT NULL, where it was so. */
function fillInSteps(added: AddedColumn, first: string, value: string) {
  const { name, head, table, columnName, column, context, key } = added;
  const quoted = quoteIdentifier(columnName);
  const fill = batchedUpdate(name, table, `${quoted} = ${value}`, `${quoted} IS NULL`);
  const blocks: (readonly [string, string])[] = [
    ['Migration 1: the column, empty, with its default for new rows', first],
    ['Migration 2: the rows that are there, in batches (a program)', fill],
  ];
  if (isRequired(column)) {
    const tableName = key.slice(key.indexOf('.') + 1);
    const [add, validate] = notNullInSteps(head, tableName, columnName, context.options.postgres);
    blocks.push(['Migration 3: NOT NULL for new rows', add]);
    blocks.push([
      'Migration 4: NOT NULL for all, found out without keeping anybody out',
      context.options.postgres >= 18 ? validate : `${validate}\n`,
    ]);
    if (context.options.postgres < 18)
      blocks.push(['Migration 5: the column itself', notNullFromCheck(head, tableName, columnName)]);
  }
  return inMigrations(...blocks);
}

export const addColumnVolatileDefault = rule({
  name: 'add-column-volatile-default',
  level: 'error',
  concern: 'lock',
  subject: '`ADD COLUMN … DEFAULT` with a function that gives each row another value',
  why: 'Postgres writes the whole table and its indexes anew while nobody can read it. A constant or `now()` is stored once instead, and takes no time.',
  instead: 'Add the column without the default, set the default for new rows, fill the others in batches.',
  covers: ['squawk adding-field-with-default', 'strong_migrations volatile default', 'eugene E10'],
  check: onAddColumn(
    (column, { schema }) =>
      ofType('CONSTR_DEFAULT')(column).filter(({ raw_expr }) => volatileCalls(schema, raw_expr).length > 0),
    function* (added) {
      const { head, rest, columnName, constraint, context, definition } = added;
      const calls = volatileCalls(context.schema, constraint?.raw_expr);
      const quoted = quoteIdentifier(columnName);
      const value = textOf(added).replace(/^\s*(?:constraint\s+\S+\s+)?default\s+/i, '');
      const bare = definition(isA('CONSTR_DEFAULT', 'CONSTR_NOTNULL'));
      yield {
        what: `${columnName} gets a value of ${calls.map((call) => `${call}()`).join(', ')} for each row, so the whole table is rewritten.`,
        relation: added.key,
        safe: fillInSteps(
          added,
          `${rest}${head} ADD COLUMN ${bare};\n${head} ALTER COLUMN ${quoted} SET DEFAULT ${value};`,
          'DEFAULT',
        ),
      };
    },
  ),
});

export const addColumnIdentity = rule({
  name: 'add-column-identity',
  level: 'error',
  concern: 'lock',
  subject: '`ADD COLUMN` of type `serial`, `bigserial`, or `GENERATED … AS IDENTITY`',
  why: 'Every row gets a number, so Postgres writes the whole table anew while nobody can read it.',
  instead: 'Add the column empty, give it a sequence for new rows, fill the others in batches.',
  covers: [
    'squawk adding-serial-primary-key-field',
    'strong_migrations auto-incrementing column',
    'eugene E11',
  ],
  check: onAddColumn(
    (column) => (isSerial(column.typeName) ? [null] : ofType('CONSTR_IDENTITY')(column)),
    function* (added) {
      const { head, rest, columnName, column, name, key, context } = added;
      const quoted = quoteIdentifier(columnName);
      const type =
        { int2: 'smallint', int4: 'integer', int8: 'bigint' }[typeRef(column.typeName, '').name] ?? 'bigint';
      const tableName = key.slice(key.indexOf('.') + 1);
      const sequence = quoteIdentifier(`${tableName}_${columnName}_seq`);
      const safe = fillInSteps(
        { ...added, column: { ...column, constraints: [{ Constraint: { contype: 'CONSTR_NOTNULL' } }] } },
        `${rest}${head} ADD COLUMN ${quoted} ${type};
CREATE SEQUENCE ${sequence} AS ${type} OWNED BY ${name}.${quoted};
${head} ALTER COLUMN ${quoted} SET DEFAULT nextval('${sequence.replaceAll("'", "''")}');`,
        `nextval('${sequence.replaceAll("'", "''")}')`,
      );
      yield {
        what: `${columnName} numbers every row of ${label(key)}, so the whole table is rewritten.`,
        relation: key,
        safe: isKeyColumn(column) ? withUniqueKey(added, safe, context) : safe,
      };
    },
  ),
});

const isKeyColumn = (column: ColumnDef) => constraintsOf(column).some(isA('CONSTR_PRIMARY', 'CONSTR_UNIQUE'));

function withUniqueKey(added: AddedColumn, safe: ReturnType<typeof inMigrations>, { schema }: LintContext) {
  const { key, columnName, head, name } = added;
  const node = constraintsOf(added.column).find(isA('CONSTR_PRIMARY', 'CONSTR_UNIQUE'));
  if (node === undefined) return safe;
  const index = quoteIdentifier(nameOfConstraint(schema, key, node, columnName));
  const kind = node.contype === 'CONSTR_PRIMARY' ? 'PRIMARY KEY' : 'UNIQUE';
  const next = safe.blocks.length + 1;
  return {
    blocks: [
      ...safe.blocks,
      {
        title: `Migration ${next}: its index`,
        sql: `CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${name} (${quoteIdentifier(columnName)});`,
      },
      {
        title: `Migration ${next + 1}: the key`,
        sql: `${head} ADD CONSTRAINT ${index} ${kind} USING INDEX ${index};`,
      },
    ],
  };
}

export const addColumnStored = rule({
  name: 'add-column-stored',
  level: 'error',
  concern: 'lock',
  subject: '`ADD COLUMN … GENERATED ALWAYS AS (…) STORED`',
  why: 'The value of every row is computed at once: Postgres writes the whole table anew while nobody can read it.',
  instead: 'A virtual column (Postgres 18), or a plain column that a trigger keeps and a backfill fills.',
  covers: ['strong_migrations stored generated column', 'eugene E11'],
  check: onAddColumn(
    (column) => ofType('CONSTR_GENERATED')(column).filter(({ generated_kind }) => generated_kind !== 'v'),
    function* (added) {
      const { head, rest, columnName, context, key, name, pieces } = added;
      const expression = textOf(added)
        .replace(/^[\s\S]*?\bas\s*(?=\()/i, '')
        .replace(/\s*stored\s*$/i, '');
      const what = `${columnName} is computed and stored for every row, so the whole table is rewritten.`;
      if (context.options.postgres >= 18) {
        yield {
          what,
          relation: key,
          safe: paste(
            `${rest}${head} ADD COLUMN ${pieces.base} GENERATED ALWAYS AS ${expression} VIRTUAL;`,
            'A virtual column is computed when it is read',
          ),
        };
        return;
      }
      const quoted = quoteIdentifier(columnName);
      const columns = (added.table?.columns ?? []).map((column) => column.name);
      const trigger = `${key.slice(key.indexOf('.') + 1)}_${columnName}`;
      yield {
        what,
        relation: key,
        safe: inMigrations(
          [
            'Migration 1: a plain column that a trigger keeps',
            `${rest}${head} ADD COLUMN ${pieces.base};
CREATE FUNCTION ${quoteIdentifier(trigger)}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.${quoted} := (SELECT ${expression} FROM (SELECT ${columns.map((column) => `NEW.${quoteIdentifier(column)}`).join(', ') || 'NEW.*'}) AS new_row);
  RETURN NEW;
END;
$$;
CREATE TRIGGER ${quoteIdentifier(trigger)} BEFORE INSERT OR UPDATE ON ${name}
  FOR EACH ROW EXECUTE FUNCTION ${quoteIdentifier(trigger)}();`,
          ],
          [
            'Migration 2: the rows that are there, in batches (a program)',
            batchedUpdate(name, added.table, `${quoted} = ${expression}`, `${quoted} IS NULL`),
          ],
        ),
      };
    },
  ),
});

export const addColumnCheckedDomain = rule({
  name: 'add-column-checked-domain',
  level: 'error',
  concern: 'lock',
  subject: '`ADD COLUMN` of a domain that has a CHECK or NOT NULL',
  why: "Postgres looks at the domain's constraint for every row, and writes the whole table anew to do so.",
  instead: "Add the column with the domain's base type, and the check NOT VALID.",
  covers: ['squawk ban-create-domain-with-constraint'],
  check: onAddColumn(
    (column, { schema }) =>
      schema.domains.get(typeRef(column.typeName, schema.searchPath).name)?.isConstrained === true
        ? [null]
        : [],
    function* ({ columnName, column, key, context, head, rest, pieces }) {
      const domain = context.schema.domains.get(typeRef(column.typeName, context.schema.searchPath).name);
      const base = domain === undefined ? 'text' : formatBase(domain.type.name, domain.type.mods);
      const quoted = quoteIdentifier(columnName);
      const check = quoteIdentifier(`${key.slice(key.indexOf('.') + 1)}_${columnName}_check`);
      yield {
        what: `${columnName} has a domain with a constraint, so the whole table is rewritten.`,
        relation: key,
        safe: inMigrations(
          [
            'Migration 1: the base type, and the check for new rows',
            `${rest}${head} ADD COLUMN ${quoted} ${base};
${head} ADD CONSTRAINT ${check} CHECK (${quoted}::${pieces.type} IS NOT DISTINCT FROM ${quoted}) NOT VALID;`,
          ],
          ['Migration 2: the check for all rows', `${head} VALIDATE CONSTRAINT ${check};`],
        ),
      };
    },
  ),
});

function formatBase(name: string, mods: readonly number[]): string {
  return mods.length === 0 ? name : `${name}(${mods.join(', ')})`;
}

export const addColumnCheck = rule({
  name: 'add-column-check',
  level: 'error',
  concern: 'lock',
  subject: '`ADD COLUMN … CHECK (…)`',
  why: 'Postgres reads every row to see whether the check holds, while nobody can read the table.',
  instead: 'Add the column, then the check NOT VALID, and validate it in a later migration.',
  covers: ['squawk constraint-missing-not-valid', 'strong_migrations check constraint', 'eugene E1'],
  check: onAddColumn(ofType('CONSTR_CHECK'), function* (added) {
    const { key, head, rest, columnName, constraint, context, definition } = added;
    if (constraint === null) return;
    const name = quoteIdentifier(nameOfConstraint(context.schema, key, constraint, columnName));
    yield {
      what: `The check on ${columnName} is looked at for every row of ${label(key)}.`,
      relation: key,
      safe: inMigrations(
        [
          'Migration 1: the column, and the check for new rows',
          `${rest}${head} ADD COLUMN ${definition((other) => other === constraint)};
${head} ADD CONSTRAINT ${name} ${withoutName(textOf(added))} NOT VALID;`,
        ],
        ['Migration 2: the check for all rows', `${head} VALIDATE CONSTRAINT ${name};`],
      ),
    };
  }),
});

export const addColumnUnique = rule({
  name: 'add-column-unique',
  level: 'error',
  concern: 'lock',
  subject: '`ADD COLUMN … UNIQUE` or `PRIMARY KEY`',
  why: 'Its index is built while nobody can read the table.',
  instead: 'Add the column, build a unique index CONCURRENTLY, and make it the constraint.',
  covers: [
    'squawk disallowed-unique-constraint',
    'strong_migrations unique constraint',
    'eugene E7',
    'atlas MF101',
  ],
  check: onAddColumn(ofType('CONSTR_UNIQUE', 'CONSTR_PRIMARY'), function* (added) {
    const { key, head, rest, columnName, column, constraint, context, definition, name } = added;
    // The rule about numbered columns has a recipe with the key in it.
    if (constraint === null || isSerial(column.typeName) || ofType('CONSTR_IDENTITY')(column).length > 0)
      return;
    const index = quoteIdentifier(nameOfConstraint(context.schema, key, constraint, columnName));
    const kind = constraint.contype === 'CONSTR_PRIMARY' ? 'PRIMARY KEY' : 'UNIQUE';
    yield {
      what: `The index of ${columnName} is built while ${label(key)} is locked.`,
      relation: key,
      safe: inMigrations(
        [
          'Migration 1: the column',
          `${rest}${head} ADD COLUMN ${definition((other) => other === constraint)};`,
        ],
        [
          'Migration 2: its index, alone in its file',
          `CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${name} (${quoteIdentifier(columnName)});`,
        ],
        ['Migration 3: the constraint', `${head} ADD CONSTRAINT ${index} ${kind} USING INDEX ${index};`],
      ),
    };
  }),
});

export const addColumnReferences = rule({
  name: 'add-column-references',
  level: 'warning',
  concern: 'lock',
  subject: '`ADD COLUMN … REFERENCES`',
  why: 'It locks the other table as well, against writes, from here to the end of the transaction; with a default every row is looked up.',
  instead: 'Add the column, then the foreign key NOT VALID, and validate it in a later migration.',
  covers: ['squawk adding-foreign-key-constraint', 'strong_migrations reference', 'eugene E1'],
  check: onAddColumn(ofType('CONSTR_FOREIGN'), function* (added) {
    const { key, head, rest, columnName, constraint, context, definition } = added;
    if (constraint === null) return;
    const parent = `${constraint.pktable?.schemaname ?? context.schema.searchPath}.${constraint.pktable?.relname}`;
    if (context.isNew(parent) && !constraintsOf(added.column).some(isA('CONSTR_DEFAULT'))) return;
    const name = quoteIdentifier(nameOfConstraint(context.schema, key, constraint, columnName));
    yield {
      what: `${columnName} refers to ${label(parent)}, which is locked against writes with ${label(key)}.`,
      relation: parent,
      safe: inMigrations(
        [
          'Migration 1: the column',
          `${rest}${head} ADD COLUMN ${definition((other) => other === constraint)};`,
        ],
        [
          'Migration 2: the foreign key for new rows',
          `${head} ADD CONSTRAINT ${name} FOREIGN KEY (${quoteIdentifier(columnName)}) ${withoutName(textOf(added))} NOT VALID;`,
        ],
        ['Migration 3: the foreign key for all rows', `${head} VALIDATE CONSTRAINT ${name};`],
      ),
    };
  }),
});

export const addRequiredColumn = rule({
  name: 'add-required-column',
  level: 'error',
  concern: 'failure',
  subject: '`ADD COLUMN … NOT NULL` without a default',
  why: 'It fails (23502) as soon as the table has a row; on the empty table of a test it passes.',
  instead: 'Add it with a default, or empty; fill it; then make it NOT NULL.',
  covers: ['squawk adding-required-field', 'squawk adding-not-nullable-field', 'atlas MF103'],
  check: onAddColumn(
    (column) =>
      isSerial(column.typeName) ||
      constraintsOf(column).some(isA('CONSTR_DEFAULT', 'CONSTR_GENERATED', 'CONSTR_IDENTITY'))
        ? []
        : ofType('CONSTR_NOTNULL')(column).slice(0, 1),
    function* (added) {
      const { columnName, key, head, rest, definition } = added;
      yield {
        what: `${columnName} has no value for the rows that are in ${label(key)}: the statement fails unless the table is empty.`,
        relation: key,
        safe: fillInSteps(
          added,
          `${rest}${head} ADD COLUMN ${definition(isA('CONSTR_NOTNULL'))};`,
          'NULL /* here the value that a row is to get */',
        ),
      };
    },
  ),
});
