import { quoteIdentifier } from '@lockstep/protocol';
import { onNode, paste, rule, writtenName } from '../rule.ts';
import { isTooLong, truncateIdentifier } from '../schema/object-name.ts';
import { findWords, type LintStatement, without } from '../statement.ts';

export const unqualifiedName = rule({
  name: 'unqualified-name',
  level: 'off',
  concern: 'style',
  subject: 'A table created or altered without its schema',
  why: "The session's search_path decides which one it is. (drizzle-kit leaves `public` out, so this is off by default.)",
  instead: 'Name the schema.',
  covers: ['squawk require-table-schema'],
  *check(statement, { schema }) {
    const { node } = statement;
    const relation = node.CreateStmt?.relation ?? node.AlterTableStmt?.relation ?? node.IndexStmt?.relation;
    if (relation === undefined || relation.schemaname !== undefined || relation.relpersistence === 't')
      return;
    const at = statement.classified.tree?.offsetOf(relation.location ?? 0) ?? 0;
    const { sql, classified } = statement;
    yield {
      what: `${relation.relname ?? ''} has no schema.`,
      relation: null,
      safe: paste(
        `${sql.slice(classified.start, at)}${quoteIdentifier(schema.searchPath)}.${sql.slice(at, classified.end)};`,
      ),
    };
  },
});

export const identifierTooLong = rule({
  name: 'identifier-too-long',
  level: 'error',
  concern: 'failure',
  subject: 'A name of more than 63 bytes',
  why: 'Postgres cuts it without a word: two names may become one, and tools that compare names see a difference for ever.',
  instead: 'A shorter name.',
  covers: ['squawk identifier-too-long'],
  *check(statement) {
    const { sql, classified } = statement;
    for (const { kind, start, end } of classified.tokens) {
      if (kind !== 'word' && kind !== 'quoted') continue;
      const text = sql.slice(start, end);
      const name = kind === 'quoted' ? text.slice(1, -1).replaceAll('""', '"') : text;
      if (!isTooLong(name)) continue;
      const cut = truncateIdentifier(name);
      yield {
        what: `${name} becomes ${cut}.`,
        relation: null,
        at: start,
        safe: paste(
          `${sql.slice(classified.start, start)}${quoteIdentifier(cut)}${sql.slice(end, classified.end)};`,
          'With the name that Postgres gives it (better: one of your own)',
        ),
      };
    }
  },
});

export const ifExists = rule({
  name: 'if-exists',
  level: 'notice',
  concern: 'failure',
  subject: '`IF NOT EXISTS` and `IF EXISTS` on tables, columns and indexes',
  why: 'They are content with whatever has that name, so that a database which has drifted stays so without anybody knowing. In a transaction with its tracking row, a migration runs once anyway.',
  instead:
    'Leave it out; adopt an existing database by comparing it (`db:adopt`). In steps outside of a transaction it is right.',
  covers: [],
  *check(statement) {
    const { node, classified } = statement;
    if (!classified.isTransactional) return;
    const isCreating =
      (node.CreateStmt?.if_not_exists === true && node.CreateStmt.relation?.relpersistence !== 't') ||
      node.IndexStmt?.if_not_exists === true;
    const isDropping =
      node.DropStmt?.missing_ok === true &&
      ['OBJECT_TABLE', 'OBJECT_INDEX', 'OBJECT_TYPE'].includes(node.DropStmt.removeType ?? '');
    const commands = (node.AlterTableStmt?.cmds ?? []) as { AlterTableCmd?: { missing_ok?: boolean } }[];
    const isAltering =
      node.AlterTableStmt?.missing_ok === true ||
      commands.some((each) => each.AlterTableCmd?.missing_ok === true);
    if (!isCreating && !isDropping && !isAltering) return;
    yield {
      what: 'Whatever has that name already (or has not) is taken as it is.',
      relation: null,
      safe: paste(`${withoutConditions(statement)};`),
    };
  },
});

function withoutConditions(statement: LintStatement): string {
  const isCreating = findWords(statement, 'if', 'not', 'exists') >= 0;
  return isCreating ? without(statement, 'if', 'not', 'exists') : without(statement, 'if', 'exists');
}

export const opaqueCode = rule({
  name: 'opaque-code',
  level: 'notice',
  concern: 'failure',
  subject: '`DO` blocks, `CALL` and `EXECUTE`',
  why: 'What they do can not be read off: neither this lint nor a review sees which locks they take, and replicas may ask for rows again that did not change.',
  instead: 'Plain statements; for loops over rows a program (a TypeScript migration).',
  covers: ['strong_migrations executing raw SQL'],
  *check({ node }) {
    if (node.DoStmt === undefined && node.CallStmt === undefined && node.ExecuteStmt === undefined) return;
    const word =
      node.DoStmt !== undefined
        ? 'The block'
        : node.CallStmt !== undefined
          ? 'The procedure'
          : 'The prepared statement';
    yield {
      what: `${word} isn't looked into: what it locks, and what it changes, can't be told.`,
      relation: null,
    };
  },
});

export const duplicateAssignment = rule({
  name: 'duplicate-assignment',
  level: 'error',
  concern: 'failure',
  subject: '`UPDATE` that sets a column twice',
  why: 'Postgres refuses it (42601).',
  instead: 'One value a column.',
  covers: ['squawk ban-duplicate-column-assignments'],
  check: onNode('UpdateStmt', function* (node) {
    const names: string[] = [];
    for (const item of node.targetList ?? []) {
      const { ResTarget } = item as { ResTarget?: { name?: string; indirection?: unknown[] } };
      if (ResTarget?.name !== undefined && ResTarget.indirection === undefined) names.push(ResTarget.name);
    }
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice === undefined) return;
    yield { what: `${twice} of ${writtenName(node.relation)} is set twice.`, relation: null };
  }),
});

/** Names of all tables and columns in a body of code, as words. */
export function wordsOf(body: string): ReadonlySet<string> {
  return new Set(body.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []);
}
