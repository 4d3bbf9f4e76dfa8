import { isKnownNotNull } from '../effects/alter-table.ts';
import { notNullFromCheck, notNullInSteps } from '../recipe.ts';
import { inMigrations, label, onAlter, rule } from '../rule.ts';
import { constraintOf } from '../schema/apply-alter.ts';
import { nameParts } from '../schema/type-ref.ts';

export const setNotNull = rule({
  name: 'set-not-null',
  level: 'error',
  concern: 'lock',
  subject: '`ALTER COLUMN … SET NOT NULL`',
  why: 'Postgres reads every row while nobody can read the table, unless a valid check says already that none is NULL. It fails if one is.',
  instead: 'A check NOT VALID, validated in a later migration; then SET NOT NULL has nothing to read.',
  covers: ['squawk adding-not-nullable-field', 'strong_migrations SET NOT NULL', 'eugene E2', 'atlas MF104'],
  check: onAlter(
    ['AT_SetNotNull', 'AT_AddConstraint'],
    function* ({ command, key, table, head, rest }, _, context) {
      const constraint = constraintOf(command);
      if (
        constraint !== null &&
        (constraint.contype !== 'CONSTR_NOTNULL' || constraint.skip_validation === true)
      )
        return;
      const column = command.name ?? nameParts(constraint?.keys)[0] ?? '';
      if (isKnownNotNull(table, column)) return;
      const tableName = key.slice(key.indexOf('.') + 1);
      const { postgres } = context.options;
      const [add, validate] = notNullInSteps(head, tableName, column, postgres);
      const isNew = postgres >= 18;
      yield {
        what: `Every row of ${label(key)} is read to see that ${column} is never NULL.`,
        relation: key,
        safe: inMigrations(
          ['Migration 1: for new rows', `${rest}${add}`],
          ['Migration 2: for all rows, while others read and write', validate],
          ...(isNew
            ? []
            : ([['Migration 3: the column itself', notNullFromCheck(head, tableName, column)]] as const)),
        ),
      };
    },
  ),
});

export const dropNotNull = rule({
  name: 'drop-not-null',
  level: 'notice',
  concern: 'clients',
  subject: '`ALTER COLUMN … DROP NOT NULL`',
  why: 'It takes no time, but code that is running (and pages that are open) may not expect a NULL.',
  instead: 'Deploy code that can read a NULL first.',
  covers: ['squawk ban-drop-not-null'],
  check: onAlter(['AT_DropNotNull'], function* ({ command, key }) {
    yield {
      what: `Code that runs already may not expect a NULL in ${command.name ?? 'the column'} of ${label(key)}.`,
      relation: key,
    };
  }),
});
