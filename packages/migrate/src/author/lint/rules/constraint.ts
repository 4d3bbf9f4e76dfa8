import { quoteIdentifier } from '@lockstep/protocol';
import type { Constraint } from 'libpg-query';
import { isKnownNotNull } from '../effects/alter-table.ts';
import { notNullFromCheck, notNullInSteps } from '../recipe.ts';
import { type AlteredTable, inMigrations, type LintContext, label, onAlter, paste, rule } from '../rule.ts';
import { constraintOf } from '../schema/apply-alter.ts';
import { nameOfConstraint } from '../schema/apply-create.ts';
import { keyOf } from '../schema/schema.ts';
import { nameParts } from '../schema/type-ref.ts';

interface Added extends AlteredTable {
  readonly constraint: Constraint;
  /** Quoted, also where Postgres would choose it. */
  readonly constraintName: string;
  /** `CHECK (…)`: its text without ADD and without a name. */
  readonly body: string;
}

/** Null when the subcommand adds another kind of constraint. */
function addedConstraint(
  altered: AlteredTable,
  context: LintContext,
  ...kinds: Constraint['contype'][]
): Added | null {
  const constraint = constraintOf(altered.command);
  if (constraint === null || !kinds.includes(constraint.contype)) return null;
  const text = (altered.piece?.text ?? '').replace(/^add\s+/i, '');
  const body = text.replace(/^constraint\s+(?:"(?:[^"]|"")*"|[^\s"]+)\s+/i, '');
  const constraintName = quoteIdentifier(nameOfConstraint(context.schema, altered.key, constraint));
  return { ...altered, constraint, constraintName, body };
}

function notValidFirst({ rest, head, constraintName, body }: Added) {
  return inMigrations(
    ['Migration 1: for new rows', `${rest}${head} ADD CONSTRAINT ${constraintName} ${body} NOT VALID;`],
    [
      'Migration 2: for all rows, while others read and write',
      `${head} VALIDATE CONSTRAINT ${constraintName};`,
    ],
  );
}

export const addCheck = rule({
  name: 'add-check',
  level: 'error',
  concern: 'lock',
  subject: '`ADD CONSTRAINT … CHECK`',
  why: 'Postgres reads every row to see whether it holds, while nobody can read the table.',
  instead: 'Add it NOT VALID, and validate it in a later migration.',
  covers: ['squawk constraint-missing-not-valid', 'strong_migrations check constraint', 'eugene E1'],
  check: onAlter(['AT_AddConstraint'], function* (altered, _, context) {
    const added = addedConstraint(altered, context, 'CONSTR_CHECK');
    if (added === null || added.constraint.skip_validation === true || added.constraint.is_enforced === false)
      return;
    yield {
      what: `The check is looked at for every row of ${label(added.key)}.`,
      relation: added.key,
      safe: notValidFirst(added),
    };
  }),
});

export const addForeignKey = rule({
  name: 'add-foreign-key',
  level: 'error',
  concern: 'lock',
  subject: '`ADD CONSTRAINT … FOREIGN KEY`',
  why: 'Both tables are locked against writes while every row is looked up.',
  instead: 'Add it NOT VALID, and validate it in a later migration.',
  covers: [
    'squawk adding-foreign-key-constraint',
    'squawk constraint-missing-not-valid',
    'strong_migrations foreign key',
    'eugene E1',
  ],
  check: onAlter(['AT_AddConstraint'], function* (altered, _, context) {
    const added = addedConstraint(altered, context, 'CONSTR_FOREIGN');
    if (added === null || added.constraint.skip_validation === true) return;
    const parent = keyOf(context.schema, added.constraint.pktable);
    yield {
      what: `${label(added.key)} and ${label(parent)} are locked against writes while every row is looked up.`,
      relation: added.key,
      safe: notValidFirst(added),
    };
  }),
});

export const addUnique = rule({
  name: 'add-unique',
  level: 'error',
  concern: 'lock',
  subject: '`ADD CONSTRAINT … UNIQUE` or `PRIMARY KEY`',
  why: 'Its index is built while nobody can read the table. It fails if two rows are equal.',
  instead: 'Build a unique index CONCURRENTLY, and make it the constraint.',
  covers: [
    'squawk disallowed-unique-constraint',
    'strong_migrations unique constraint',
    'eugene E7',
    'atlas MF101',
  ],
  check: onAlter(['AT_AddConstraint'], function* (altered, _, context) {
    const added = addedConstraint(altered, context, 'CONSTR_UNIQUE', 'CONSTR_PRIMARY');
    if (added === null || added.constraint.indexname !== undefined) return;
    const { constraint, constraintName, name, head, rest, key, table } = added;
    const columns = nameParts(constraint.keys);
    const quoted = columns.map(quoteIdentifier).join(', ');
    const included = nameParts(constraint.including).map(quoteIdentifier).join(', ');
    const isPrimary = constraint.contype === 'CONSTR_PRIMARY';
    const tail = `${included === '' ? '' : ` INCLUDE (${included})`}${constraint.nulls_not_distinct === true ? ' NULLS NOT DISTINCT' : ''}`;
    const deferrable = `${constraint.deferrable === true ? ' DEFERRABLE' : ''}${constraint.initdeferred === true ? ' INITIALLY DEFERRED' : ''}`;
    const nullable = isPrimary ? columns.filter((column) => !isKnownNotNull(table, column)) : [];
    const tableName = key.slice(key.indexOf('.') + 1);
    const steps = nullable.map((column) => notNullInSteps(head, tableName, column, context.options.postgres));
    const before: (readonly [string, string])[] =
      nullable.length === 0
        ? []
        : [
            ['First: no NULL in new rows', steps.map(([add]) => add).join('\n')],
            ['Then: no NULL in any row', steps.map(([, validate]) => validate).join('\n')],
            ...(context.options.postgres >= 18
              ? []
              : [
                  [
                    'Then: the columns themselves',
                    nullable.map((column) => notNullFromCheck(head, tableName, column)).join('\n'),
                  ] as const,
                ]),
          ];
    yield {
      what: `The index of ${constraint.conname ?? 'the key'} is built while ${label(key)} is locked.`,
      relation: key,
      safe: inMigrations(
        ...(rest === '' ? [] : ([['First: the rest of the statement', rest]] as const)),
        ...before,
        [
          'The index, alone in its file',
          `CREATE UNIQUE INDEX CONCURRENTLY ${constraintName} ON ${name} (${quoted})${tail};`,
        ],
        [
          'In the next migration: the constraint',
          `${head} ADD CONSTRAINT ${constraintName} ${isPrimary ? 'PRIMARY KEY' : 'UNIQUE'} USING INDEX ${constraintName}${deferrable};`,
        ],
      ),
    };
  }),
});

export const primaryKeyOverNullable = rule({
  name: 'primary-key-over-nullable',
  level: 'error',
  concern: 'lock',
  subject: '`ADD PRIMARY KEY USING INDEX` over columns that may be NULL',
  why: 'A SET NOT NULL is hidden in it: every row is read while nobody can read the table.',
  instead: 'Make the columns NOT NULL first, without a scan under the lock.',
  covers: ['eugene W14'],
  check: onAlter(['AT_AddConstraint'], function* (altered, statement, context) {
    const added = addedConstraint(altered, context, 'CONSTR_PRIMARY');
    const { schema, options } = context;
    if (added === null || added.constraint.indexname === undefined) return;
    const { key, table, head } = added;
    const index = schema.indexes.get(`${key.slice(0, key.indexOf('.'))}.${added.constraint.indexname}`);
    const nullable = (index?.columns ?? [])
      .filter((name) => name !== null)
      .filter((name) => !isKnownNotNull(table, name));
    if (nullable.length === 0) return;
    const tableName = key.slice(key.indexOf('.') + 1);
    const steps = nullable.map((column) => notNullInSteps(head, tableName, column, options.postgres));
    const last =
      options.postgres >= 18 ? [] : nullable.map((column) => notNullFromCheck(head, tableName, column));
    yield {
      what: `${nullable.join(', ')} may be NULL, so every row of ${label(key)} is read before the key is there.`,
      relation: key,
      safe: inMigrations(
        ['Migration 1: no NULL in new rows', steps.map(([add]) => add).join('\n')],
        ['Migration 2: no NULL in any row', steps.map(([, validate]) => validate).join('\n')],
        ['Migration 3: the key', [...last, `${statement.classified.text};`].join('\n')],
      ),
    };
  }),
});

export const addExclusion = rule({
  name: 'add-exclusion',
  level: 'error',
  concern: 'lock',
  subject: '`ADD CONSTRAINT … EXCLUDE`',
  why: 'Its index is built while nobody can read the table, and Postgres has no other way to add one.',
  instead: 'A new table that has it from the start, filled in batches and renamed; or a quiet hour.',
  covers: ['strong_migrations exclusion constraint', 'eugene E8'],
  check: onAlter(['AT_AddConstraint'], function* (altered, _, context) {
    const added = addedConstraint(altered, context, 'CONSTR_EXCLUSION');
    if (added === null) return;
    const { key, name, body, constraintName } = added;
    const copy = quoteIdentifier(`${key.slice(key.indexOf('.') + 1)}_new`);
    yield {
      what: `The index of ${constraintName} is built while ${label(key)} is locked; there is no form that lets others work.`,
      relation: key,
      safe: inMigrations([
        'A new table that has it from the start; copy the rows in batches, then exchange the names',
        `CREATE TABLE ${copy} (LIKE ${name} INCLUDING ALL, CONSTRAINT ${constraintName.replace(/"$/, '_new"')} ${body});`,
      ]),
    };
  }),
});

export const dropForeignKey = rule({
  name: 'drop-foreign-key',
  level: 'notice',
  concern: 'lock',
  subject: '`DROP CONSTRAINT` of a foreign key',
  why: 'It locks both tables against readers and writers, for a moment, and waits for everybody who is at either.',
  instead: 'Alone in its migration, so that the locks are held as short as can be.',
  covers: ['atlas CD101'],
  check: onAlter(
    ['AT_DropConstraint'],
    function* ({ key, table, command, head, piece, rest }, statement, context) {
      const constraint = table?.constraints.find(({ name }) => name === command.name);
      if (typeof constraint?.references !== 'string' || context.isNew(constraint.references)) return;
      if (context.before.length === 0 && rest === '') return;
      yield {
        what: `${label(key)} and ${label(constraint.references)} are both locked against readers and writers.`,
        relation: constraint.references,
        safe: paste(`${head} ${piece?.text ?? ''};`.replace(' ;', ';'), 'In a migration of its own'),
      };
    },
  ),
});

export const validateTogether = rule({
  name: 'validate-together',
  level: 'error',
  concern: 'lock',
  subject: '`VALIDATE CONSTRAINT` in the transaction that added the constraint',
  why: 'The lock that adding it took is held during the scan, so that NOT VALID has gained nothing.',
  instead: 'Validate in a later migration.',
  covers: ['squawk constraint-missing-not-valid', 'eugene E4'],
  check: onAlter(
    ['AT_ValidateConstraint'],
    function* ({ command, key, table, head, piece, rest }, _, context) {
      const held = context.held.get(key);
      const constraint = table?.constraints.find(({ name }) => name === command.name);
      if (held === undefined || constraint?.isValid === true || held.effect.lock === 'SHARE UPDATE EXCLUSIVE')
        return;
      yield {
        what: `${label(key)} is locked (${held.effect.lock}) by a statement before it in the same transaction, during the whole scan.`,
        relation: key,
        safe: paste(
          `${rest}${head} ${piece?.text ?? `VALIDATE CONSTRAINT ${quoteIdentifier(command.name ?? '')}`};`,
          'In the next migration',
        ),
      };
    },
  ),
});
