import { quoteIdentifier } from '@lockstep/protocol';
import { sqlName, writtenName } from './rule.ts';
import { columnDefOf, commandsOf, constraintOf } from './schema/apply-alter.ts';
import { indexNameOf, nameOfConstraint } from './schema/apply-create.ts';
import { keyOf, keyOfParts, type Schema } from './schema/schema.ts';
import { nameParts } from './schema/type-ref.ts';
import { alterPieces, findWords, insertAfter, type LintStatement } from './statement.ts';

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/**
 * The statement in a form that finds its work done when it runs a second time (E7): for steps outside of a transaction
 * and for scripts. Null where it is so already, or where there is no such form.
 */
export function repeatableForm(statement: LintStatement, schema: Schema): string | null {
  const { node, classified } = statement;
  if (node.AlterTableStmt !== undefined) return alterForm(statement, schema);
  const create = createForm(statement, schema);
  if (create !== null) return create;
  if (node.DropStmt !== undefined && node.DropStmt.missing_ok !== true) {
    const anchor = findWords(statement, 'concurrently') >= 0 ? ['concurrently'] : dropWords(statement);
    return anchor.length === 0 ? null : `${insertAfter(statement, anchor, 'IF EXISTS')};`;
  }
  if (node.AlterEnumStmt !== undefined && node.AlterEnumStmt.oldVal === undefined) {
    if (node.AlterEnumStmt.skipIfNewValExists === true) return null;
    return `${insertAfter(statement, ['add', 'value'], 'IF NOT EXISTS')};`;
  }
  if (node.RenameStmt?.renameType === 'OBJECT_COLUMN' && node.RenameStmt.relationType === 'OBJECT_TABLE') {
    const { relation, subname = '' } = node.RenameStmt;
    return onlyIf(
      `EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(${literal(sqlName(keyOf(schema, relation)))}) AND attname = ${literal(subname)} AND NOT attisdropped)`,
      classified.text,
    );
  }
  if (node.RenameStmt?.renameType === 'OBJECT_TABLE')
    return onlyIf(
      `to_regclass(${literal(sqlName(keyOf(schema, node.RenameStmt.relation)))}) IS NOT NULL`,
      classified.text,
    );
  const insert = node.InsertStmt;
  if (insert !== undefined && insert.onConflictClause === undefined && findWords(statement, 'returning') < 0)
    return `${classified.text} ON CONFLICT DO NOTHING;`;
  return null;
}

/** The object's words behind DROP: `TABLE`, `MATERIALIZED VIEW`. */
function dropWords(statement: LintStatement): readonly string[] {
  const { sql, classified } = statement;
  const words = classified.tokens.slice(1, 3).map((token) => sql.slice(token.start, token.end).toLowerCase());
  const [first = '', second = ''] = words;
  if (['materialized', 'foreign', 'event', 'access'].includes(first)) return [first, second];
  return first === '' ? [] : [first];
}

function createForm(statement: LintStatement, schema: Schema): string | null {
  const { node, classified } = statement;
  if (node.CreateStmt !== undefined)
    return node.CreateStmt.if_not_exists === true
      ? null
      : `${insertAfter(statement, ['table'], 'IF NOT EXISTS')};`;
  if (node.CreateSeqStmt !== undefined)
    return node.CreateSeqStmt.if_not_exists === true
      ? null
      : `${insertAfter(statement, ['sequence'], 'IF NOT EXISTS')};`;
  if (node.CreateSchemaStmt !== undefined)
    return node.CreateSchemaStmt.if_not_exists === true
      ? null
      : `${insertAfter(statement, ['schema'], 'IF NOT EXISTS')};`;
  if (node.CreateExtensionStmt !== undefined)
    return node.CreateExtensionStmt.if_not_exists === true
      ? null
      : `${insertAfter(statement, ['extension'], 'IF NOT EXISTS')};`;
  if (node.IndexStmt !== undefined) {
    if (node.IndexStmt.if_not_exists === true) return null;
    const index = indexNameOf(schema, node.IndexStmt);
    const isConcurrent = node.IndexStmt.concurrent === true;
    // After a failed build IF NOT EXISTS would keep an invalid index.
    if (isConcurrent)
      return `DROP INDEX CONCURRENTLY IF EXISTS ${sqlName(`${index.schema}.${index.name}`)};\n${classified.text};`;
    const named = node.IndexStmt.idxname === undefined ? ` ${quoteIdentifier(index.name)}` : '';
    return `${insertAfter(statement, ['index'], `IF NOT EXISTS${named}`)};`;
  }
  const isReplaceable =
    (node.CreateFunctionStmt !== undefined && node.CreateFunctionStmt.replace !== true) ||
    (node.ViewStmt !== undefined && node.ViewStmt.replace !== true) ||
    (node.RuleStmt !== undefined && node.RuleStmt.replace !== true) ||
    (node.CreateTrigStmt !== undefined &&
      node.CreateTrigStmt.replace !== true &&
      node.CreateTrigStmt.isconstraint !== true);
  if (isReplaceable) return `${insertAfter(statement, ['create'], 'OR REPLACE')};`;
  const typeName = node.CreateEnumStmt?.typeName ?? node.CreateDomainStmt?.domainname;
  if (typeName !== undefined)
    return onlyIf(
      `to_regtype(${literal(sqlName(keyOfParts(schema, nameParts(typeName))))}) IS NULL`,
      classified.text,
    );
  const policy = node.CreatePolicyStmt;
  if (policy !== undefined)
    return `DROP POLICY IF EXISTS ${quoteIdentifier(policy.policy_name ?? '')} ON ${writtenName(policy.table)};\n${classified.text};`;
  return null;
}

/** Each subcommand in its own repeatable form, when one of them has one. */
function alterForm(statement: LintStatement, schema: Schema): string | null {
  const parts = alterPieces(statement);
  const alter = statement.node.AlterTableStmt;
  if (parts === null || alter === undefined) return null;
  const key = keyOf(schema, alter.relation);
  let isChanged = false;
  const forms = commandsOf(alter).map((command, index) => {
    const text = parts.pieces[index]?.text ?? '';
    const plain = `${parts.head} ${text}`;
    if (command.subtype === 'AT_AddColumn' && columnDefOf(command) !== null && command.missing_ok !== true) {
      isChanged = true;
      return `${parts.head} ADD COLUMN IF NOT EXISTS ${text.replace(/^add\s+(?:column\s+)?/i, '')};`;
    }
    if (command.subtype === 'AT_DropColumn' && command.missing_ok !== true) {
      isChanged = true;
      return `${parts.head} DROP COLUMN IF EXISTS ${text.replace(/^drop\s+(?:column\s+)?/i, '')};`;
    }
    if (command.subtype === 'AT_DropConstraint' && command.missing_ok !== true) {
      isChanged = true;
      return `${parts.head} ${text.replace(/^(drop\s+constraint\s+)/i, '$1IF EXISTS ')};`;
    }
    const constraint = command.subtype === 'AT_AddConstraint' ? constraintOf(command) : null;
    if (constraint !== null && constraint.contype !== 'CONSTR_NOTNULL') {
      isChanged = true;
      const name = nameOfConstraint(schema, key, constraint);
      return onlyIf(
        `NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass(${literal(sqlName(key))}) AND conname = ${literal(name)})`,
        plain,
      );
    }
    return `${plain};`;
  });
  return isChanged ? forms.join('\n') : null;
}

function onlyIf(condition: string, statement: string): string {
  const tag = statement.includes('$lockstep$') ? '$lockstep_again$' : '$lockstep$';
  return `DO ${tag} BEGIN\n  IF ${condition} THEN\n    ${statement};\n  END IF;\nEND ${tag};`;
}
