import { quoteIdentifier } from '@lockstep/protocol';
import { inMigrations, label, onAlter, onNode, paste, type Report, rule, writtenName } from '../rule.ts';
import { columnDefOf } from '../schema/apply-alter.ts';
import { droppedNames } from '../schema/apply-drop.ts';
import { stringsIn } from '../schema/references.ts';
import { findColumn, keyOf, keyOfParts } from '../schema/schema.ts';
import { nameParts, typeRef } from '../schema/type-ref.ts';

export const domainConstraint = rule({
  name: 'domain-constraint',
  level: 'error',
  concern: 'lock',
  subject: '`ALTER DOMAIN … ADD CONSTRAINT`, `SET NOT NULL`',
  why: 'Every table that has a column of the domain is read whole, and can not be written to meanwhile.',
  instead: 'Add it NOT VALID, and validate it in a later migration.',
  covers: ['squawk ban-alter-domain-with-add-constraint'],
  check: onNode('AlterDomainStmt', function* (node, statement, { schema, isNew }) {
    const { Constraint } = (node.def ?? {}) as {
      Constraint?: { skip_validation?: boolean; conname?: string };
    };
    if (node.subtype !== 'O' && (node.subtype !== 'C' || Constraint?.skip_validation === true)) return;
    const parts = nameParts(node.typeName);
    const key = keyOfParts(schema, parts);
    const tables = [...schema.tables.values()].filter(
      (table) =>
        !isNew(`${table.schema}.${table.name}`) && table.columns.some(({ type }) => type.name === key),
    );
    const [first] = tables;
    if (first === undefined) return;
    const domain = parts.map(quoteIdentifier).join('.');
    const name = quoteIdentifier(Constraint?.conname ?? `${parts.at(-1) ?? ''}_check`);
    const body =
      node.subtype === 'O'
        ? 'CHECK (VALUE IS NOT NULL)'
        : statement.classified.text
            .replace(/^[\s\S]*?\badd\s+/i, '')
            .replace(/^constraint\s+(?:"(?:[^"]|"")*"|[^\s"]+)\s+/i, '');
    yield {
      what: `${tables.map((table) => label(`${table.schema}.${table.name}`)).join(', ')} ${tables.length === 1 ? 'is' : 'are'} read whole.`,
      relation: `${first.schema}.${first.name}`,
      safe: inMigrations(
        ['Migration 1: for new values', `ALTER DOMAIN ${domain} ADD CONSTRAINT ${name} ${body} NOT VALID;`],
        ['Migration 2: for all', `ALTER DOMAIN ${domain} VALIDATE CONSTRAINT ${name};`],
      ),
    };
  }),
});

export const checkedDomain = rule({
  name: 'checked-domain',
  level: 'notice',
  concern: 'style',
  subject: '`CREATE DOMAIN … CHECK`',
  why: 'Each column of it costs a rewrite when it comes to a table, and each change of the check reads every table that uses it.',
  instead: 'A plain type, and a check on the table.',
  covers: ['squawk ban-create-domain-with-constraint'],
  check: onNode('CreateDomainStmt', function* (node) {
    if (
      !(node.constraints ?? []).some(
        (item) => 'Constraint' in item && item.Constraint.contype === 'CONSTR_CHECK',
      )
    )
      return;
    yield { what: `The domain ${nameParts(node.domainname).at(-1) ?? ''} has a check.` };
  }),
});

export const alterSequence = rule({
  name: 'alter-sequence',
  level: 'warning',
  concern: 'clients',
  subject: '`ALTER SEQUENCE` that changes type, increment or range, or restarts it',
  why: 'Whoever has taken a range of numbers in advance (an offline client, a pool with CACHE) hands out numbers that others hand out as well.',
  instead: 'Leave the steps as they are; a larger type may be had without a restart.',
  covers: [],
  check: onNode('AlterSeqStmt', function* (node, _, { schema }) {
    const names = (node.options ?? []).flatMap(
      (item) => (item as { DefElem?: { defname?: string } }).DefElem?.defname ?? [],
    );
    const found = names.filter((name) =>
      ['increment', 'restart', 'minvalue', 'cycle', 'cache', 'as'].includes(name),
    );
    if (found.length === 0) return;
    const key = keyOf(schema, node.sequence);
    yield {
      what: `The ${found.join(', ')} of ${label(key)} changes for numbers that are handed out already.`,
      relation: key,
      safe: names.includes('as')
        ? paste(`ALTER SEQUENCE ${writtenName(node.sequence)} NO MAXVALUE;`, 'Leave the type and the steps')
        : null,
    };
  }),
});

export const enumValueUsed = rule({
  name: 'enum-value-used',
  level: 'error',
  concern: 'failure',
  subject: '`ALTER TYPE … ADD VALUE`, and the value used in the same transaction',
  why: 'Postgres refuses it (55P04), in an INSERT, a default, a check or an index alike. Where the type was made in the same transaction it passes, so a test on an empty database misses it.',
  instead: 'Use the value in a later migration.',
  covers: [],
  *check({ node, classified }, { newEnumValues }) {
    if (newEnumValues.size === 0 || node.AlterEnumStmt !== undefined || node.CreateEnumStmt !== undefined)
      return;
    const strings = new Set(stringsIn(node));
    for (const [key, labels] of newEnumValues) {
      const used = [...labels].filter((value) => strings.has(value));
      if (used.length === 0) continue;
      yield {
        what: `${used.join(', ')} of ${label(key)} was added in this transaction, and can't be used before it is committed.`,
        relation: null,
        safe: paste(`${classified.text};`, 'In the next migration'),
      } satisfies Report;
    }
  },
});

export const enumValueOrder = rule({
  name: 'enum-value-order',
  level: 'notice',
  concern: 'style',
  subject: '`ALTER TYPE … ADD VALUE` without BEFORE or AFTER',
  why: 'It becomes the last one, which is what ORDER BY and comparisons then say, and can not be moved.',
  instead: 'Say BEFORE or AFTER which one.',
  covers: ['squawk require-enum-value-ordering'],
  check: onNode('AlterEnumStmt', function* (node, statement, { schema }) {
    if (node.oldVal !== undefined || node.newValNeighbor !== undefined) return;
    const type = schema.enums.get(keyOfParts(schema, nameParts(node.typeName)));
    const last = type?.labels.at(-1);
    yield {
      what: `${node.newVal ?? ''} becomes the last value.`,
      relation: null,
      safe:
        last === undefined
          ? null
          : paste(`${statement.classified.text} AFTER '${last.replaceAll("'", "''")}';`),
    };
  }),
});

export const enumRecreated = rule({
  name: 'enum-recreated',
  level: 'error',
  concern: 'lock',
  subject: 'An enum type dropped and created anew, with its columns converted back and forth',
  why: 'That is how a value is taken out of an enum: each table with a column of it is rewritten twice while nobody can read it, and fails on rows that have the value.',
  instead: 'A new type and a new column beside the old one; or text with a check.',
  covers: [],
  check: onAlter(['AT_AlterColumnType'], function* ({ command, key, table, name, head }, _, context) {
    const { schema, before, fileName } = context;
    const column = findColumn(table, command.name);
    const after = typeRef(columnDefOf(command)?.typeName, schema.searchPath);
    const type = schema.enums.get(after.name);
    const wasThere = before.some(
      ({ node: { DropStmt: drop, RenameStmt: rename } }) =>
        (drop?.removeType === 'OBJECT_TYPE' &&
          droppedNames(drop).some((parts) => keyOfParts(schema, parts) === after.name)) ||
        (rename?.renameType === 'OBJECT_TYPE' &&
          keyOfParts(
            schema,
            nameParts((rename.object as { List?: { items?: [] } } | undefined)?.List?.items),
          ) === after.name),
    );
    if (type?.file !== fileName || !wasThere) return;
    const fresh = quoteIdentifier(`${type.name}_new`);
    const next = quoteIdentifier(`${command.name ?? ''}_new`);
    const labels = type.labels.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ');
    yield {
      what: `${type.name} was made anew, so ${label(key)} is rewritten for ${column?.name ?? command.name ?? 'its column'}.`,
      relation: key,
      safe: inMigrations(
        [
          'Migration 1: the new type, and a column of it that the code begins to write',
          `CREATE TYPE ${fresh} AS ENUM (${labels});\n${head} ADD COLUMN ${next} ${fresh};`,
        ],
        [
          'Migration 2: the rows that are there, in batches (a program)',
          `UPDATE ${name} SET ${next} = ${quoteIdentifier(command.name ?? '')}::text::${fresh} WHERE ctid IN (SELECT ctid FROM ${name} WHERE ${next} IS NULL LIMIT 5000 FOR UPDATE SKIP LOCKED);`,
        ],
      ),
    };
  }),
});

export const enumCreated = rule({
  name: 'enum-created',
  level: 'off',
  concern: 'style',
  subject: '`CREATE TYPE … AS ENUM`',
  why: 'A value can be added and renamed, but never be taken out or moved.',
  instead: 'A table of values with a foreign key, or text with a check.',
  covers: ['eugene W13'],
  check: onNode('CreateEnumStmt', function* (node) {
    yield { what: `${nameParts(node.typeName).at(-1) ?? ''} is an enum: its values stay for good.` };
  }),
});
