import type { LockstepError } from '@lockstep/protocol';
import { placeOfOffset, type TextPlace } from '../run/sql-position.ts';
import { type ElectricStatement, parseElectricStatement } from './electric-statement.ts';
import { isServerOnly, isTransactional, needsInput, type ServerEffect, serverEffect } from './node-facts.ts';
import { nodeContent, nodeName, readCalls, readWrites } from './node-walk.ts';
import type { Node, ParsedStatement, Parser } from './parser.ts';
import { type SplitStatement, splitStatements } from './split.ts';
import { NO_STEP_FACTS, readStepFacts, type StepFacts } from './step-facts.ts';
import { syntaxError } from './syntax-error.ts';
import type { TableName } from './token-reader.ts';

/**
 * What a statement is to a compiler. `opaque` is code whose effects can't be read off (DO, CALL, EXECUTE);
 * `transaction` is BEGIN, COMMIT and their kin.
 */
export type StatementKind = 'electric' | 'ddl' | 'dml' | 'opaque' | 'transaction' | 'query' | 'other';

/** A statement of a file with the facts about it. */
export interface ClassifiedStatement extends SplitStatement {
  readonly kind: StatementKind;
  readonly electric: ElectricStatement | null;
  /** The name of Postgres's parse node, e.g. `CreateStmt`; null for an electric statement. */
  readonly node: string | null;
  /** The parse node itself, whose locations are in UTF-8 bytes (`offsetOf` turns them into offsets of the file). */
  readonly tree: { readonly node: Node; readonly offsetOf: (location: number) => number } | null;
  readonly place: TextPlace;
  /** The table that it creates or alters. */
  readonly table: TableName | null;
  /** Tables whose rows it writes by itself: INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY FROM, also in a CTE. */
  readonly writes: readonly TableName[];
  /** Names of the functions that it calls while it runs. */
  readonly calls: readonly string[];
  /** The body of a DO block. */
  readonly body: string | null;
  /** COPY FROM STDIN or PROGRAM: it waits for data that no file of SQL holds. */
  readonly needsInput: boolean;
  readonly isTransactional: boolean;
  readonly stepFacts: StepFacts;
  /** Of no meaning to a database that one application has to itself: roles, grants, policies, publications … */
  readonly isServerOnly: boolean;
  /** Of a server-only statement. */
  readonly serverEffect: ServerEffect;
}

/**
 * Facts about each statement of a file, from Postgres's own parser. Raises MIGRATION_SYNTAX where it refuses.
 */
export function classifyFile(parser: Parser, sql: string, file: string): readonly ClassifiedStatement[] {
  const statements = splitStatements(sql);
  const electric = statements.map((statement) => parseElectricStatement(statement.text));
  const outcome = parser.parse(blank(sql, statements, electric));
  if (outcome.kind === 'failed') throw syntaxError({ sql, file, ...outcome.failure });
  let parsed = 0;
  const classified = statements.map((statement, index) => {
    const place = placeOfOffset(sql, statement.start);
    const known = electric[index];
    if (known !== null && known !== undefined) return electricStatement(statement, known, place);
    const tree = outcome.statements[parsed];
    parsed += 1;
    if (tree === undefined) throw disagreement(file, statement);
    return classifyNode(statement, tree, place);
  });
  if (parsed !== outcome.statements.length) throw disagreement(file, statements.at(-1));
  return classified;
}

/** The same text with spaces in place of what isn't Postgres's grammar, so that every offset stays. */
function blank(
  sql: string,
  statements: readonly SplitStatement[],
  electric: readonly (ElectricStatement | null)[],
): string {
  let text = '';
  let copied = 0;
  for (const [index, { start, end }] of statements.entries()) {
    if (electric[index] === null) continue;
    text += sql.slice(copied, start) + sql.slice(start, end).replace(/[^\r\n]/g, ' ');
    copied = end;
  }
  return text + sql.slice(copied);
}

function electricStatement(
  statement: SplitStatement,
  electric: ElectricStatement,
  place: TextPlace,
): ClassifiedStatement {
  return {
    ...statement,
    kind: 'electric',
    electric,
    node: null,
    tree: null,
    place,
    table: electric.table,
    writes: [],
    calls: [],
    body: null,
    needsInput: false,
    isTransactional: true,
    stepFacts: NO_STEP_FACTS,
    isServerOnly: true,
    serverEffect: 'none',
  };
}

const DML = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'TruncateStmt', 'CopyStmt']);
const OPAQUE = new Set(['DoStmt', 'CallStmt', 'ExecuteStmt']);
const OTHER = new Set([
  'VariableSetStmt',
  'LockStmt',
  'NotifyStmt',
  'ExplainStmt',
  'VacuumStmt',
  'PrepareStmt',
]);

function classifyNode(
  statement: SplitStatement,
  { node, offsetOf }: ParsedStatement,
  place: TextPlace,
): ClassifiedStatement {
  const name = nodeName(node);
  const writes = readWrites(node);
  const calls = DML.has(name) || OPAQUE.has(name) || name === 'SelectStmt' ? readCalls(node) : [];
  return {
    ...statement,
    kind: kindOf(name, writes.length > 0),
    electric: null,
    node: name,
    tree: { node, offsetOf },
    place,
    table: readTable(node),
    writes,
    calls,
    body: name === 'DoStmt' ? readBody(node) : null,
    needsInput: needsInput(node),
    isTransactional: isTransactional(node),
    stepFacts: readStepFacts(node),
    isServerOnly: isServerOnly(node),
    serverEffect: serverEffect(node),
  };
}

function kindOf(name: string, isWriting: boolean): StatementKind {
  if (DML.has(name)) return 'dml';
  if (OPAQUE.has(name)) return 'opaque';
  if (name === 'TransactionStmt') return 'transaction';
  if (name === 'SelectStmt') return isWriting ? 'dml' : 'query';
  return OTHER.has(name) ? 'other' : 'ddl';
}

function readTable(node: Node): TableName | null {
  const { relation } = nodeContent(node) as { relation?: { schemaname?: string; relname?: string } };
  if (relation?.relname === undefined) return null;
  return { schema: relation.schemaname ?? null, name: relation.relname };
}

function readBody(node: Node): string | null {
  const { args } = nodeContent(node) as {
    args?: { DefElem?: { defname?: string; arg?: { String?: { sval?: string } } } }[];
  };
  return args?.find(({ DefElem }) => DefElem?.defname === 'as')?.DefElem?.arg?.String?.sval ?? null;
}

/** The lexer is proven equal to the parser; should they part all the same, nothing is compiled from a guess. */
function disagreement(file: string, statement: SplitStatement | undefined): LockstepError | Error {
  return new Error(
    `Assertion failed: the splitter and the parser see other statements in ${file} (near "${statement?.text.slice(0, 60)}").`,
  );
}
