import type { AlterTableCmd, ColumnDef, Constraint } from 'libpg-query';
import type { ClassifiedStatement } from '../../sql/classify.ts';
import type { Token } from '../../sql/token.ts';
import type { Effect } from './effects/effect.ts';
import type { NodeMap } from './schema/apply.ts';
import { commandsOf } from './schema/apply-alter.ts';

/** A statement as rules see it: its parse node, its text in pieces, and what it does to which relation. */
export interface LintStatement {
  readonly classified: ClassifiedStatement;
  readonly node: NodeMap;
  /** The whole file. */
  readonly file: string;
  readonly sql: string;
  /** From 1. */
  readonly number: number;
  /** The transaction that it runs in, counted from 0 in its file. */
  readonly step: number;
  readonly effects: readonly Effect[];
}

/** A subcommand of ALTER TABLE with its text. */
export interface AlterPiece {
  readonly command: AlterTableCmd;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** `ALTER TABLE "items"` and its subcommands. Null when the text can't be taken apart like the tree. */
export function alterPieces(
  statement: LintStatement,
): { readonly head: string; readonly pieces: readonly AlterPiece[] } | null {
  const { classified, node, sql } = statement;
  if (node.AlterTableStmt === undefined) return null;
  const commands = commandsOf(node.AlterTableStmt);
  const { tokens } = classified;
  const from = commandStart(sql, tokens);
  const first = tokens[from];
  if (first === undefined) return null;
  const ranges = splitAtCommas(sql, tokens.slice(from));
  if (ranges.length !== commands.length) return null;
  const pieces = ranges.flatMap(({ start, end }, index): AlterPiece[] => {
    const command = commands[index];
    return command === undefined ? [] : [{ command, start, end, text: sql.slice(start, end) }];
  });
  return { head: sql.slice(classified.start, first.start).trimEnd(), pieces };
}

const text = (sql: string, token: Token | undefined) =>
  token === undefined ? '' : sql.slice(token.start, token.end).toLowerCase();

/** Behind `ALTER TABLE [IF EXISTS] [ONLY] schema.name [*]`. */
function commandStart(sql: string, tokens: readonly Token[]): number {
  let at = 1;
  if (text(sql, tokens[at]) === 'foreign' || text(sql, tokens[at]) === 'materialized') at += 1;
  at += 1;
  if (text(sql, tokens[at]) === 'if') at += 2;
  if (text(sql, tokens[at]) === 'only') at += 1;
  at += 1;
  while (text(sql, tokens[at]) === '.') at += 2;
  if (text(sql, tokens[at]) === '*') at += 1;
  return at;
}

function splitAtCommas(sql: string, tokens: readonly Token[]): readonly { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  let depth = 0;
  let start: number | null = null;
  let end = 0;
  for (const token of tokens) {
    const symbol = token.kind === 'symbol' ? sql.slice(token.start, token.end) : '';
    if (symbol === '(' || symbol === '[') depth += 1;
    if (symbol === ')' || symbol === ']') depth -= 1;
    if (symbol === ',' && depth === 0) {
      if (start !== null) ranges.push({ start, end });
      start = null;
      continue;
    }
    start ??= token.start;
    end = token.end;
  }
  if (start !== null) ranges.push({ start, end });
  return ranges;
}

/** A column's definition in pieces: `"c" numeric(10, 2)`, and each constraint with its text. */
export interface ColumnPieces {
  /** Name and type, with the collation. */
  readonly base: string;
  /** The type alone. */
  readonly type: string;
  readonly constraints: readonly { readonly node: Constraint; readonly text: string }[];
}

/** `end` is where the definition ends in the file. */
export function columnPieces(statement: LintStatement, column: ColumnDef, end: number): ColumnPieces {
  const { sql, classified } = statement;
  const at = (location: number | undefined) => classified.tree?.offsetOf(location ?? 0) ?? 0;
  const nodes = (column.constraints ?? []).flatMap(
    (item) => (item as { Constraint?: Constraint }).Constraint ?? [],
  );
  const collation = column.collClause?.location === undefined ? [] : [at(column.collClause.location)];
  const starts = [...nodes.map(({ location }) => at(location)), ...collation].sort((a, b) => a - b);
  const until = (start: number) => starts.find((other) => other > start) ?? end;
  const slice = (from: number, to: number) =>
    sql.slice(from, to).replace(/(?:\s|--[^\n]*\n|\/\*[^*]*\*\/)+$/, '');
  const start = at(column.location);
  const base = slice(start, starts[0] ?? end);
  const collate = collation[0] === undefined ? '' : ` ${slice(collation[0], until(collation[0]))}`;
  const constraints: { node: Constraint; text: string }[] = [];
  for (const node of nodes) {
    const from = at(node.location);
    const piece = slice(from, until(from));
    const last = constraints.at(-1);
    // DEFERRABLE and its kin belong to the constraint before them.
    if (node.contype?.startsWith('CONSTR_ATTR_') === true && last !== undefined)
      last.text = `${last.text} ${piece}`;
    else constraints.push({ node, text: piece });
  }
  return { base: base + collate, type: slice(at(column.typeName?.location), starts[0] ?? end), constraints };
}

/** The tokens that read as these words in a row, or -1: to put words into a statement at the right place. */
export function findWords(statement: LintStatement, ...words: readonly string[]): number {
  const { classified, sql } = statement;
  let depth = 0;
  for (const [index, token] of classified.tokens.entries()) {
    const symbol = token.kind === 'symbol' ? sql.slice(token.start, token.end) : '';
    if (symbol === '(') depth += 1;
    if (symbol === ')') depth -= 1;
    const isThere = words.every((word, offset) => {
      const candidate = classified.tokens[index + offset];
      return candidate?.kind === 'word' && text(sql, candidate) === word;
    });
    if (depth === 0 && isThere) return index;
  }
  return -1;
}

/** The statement with `inserted` behind its first words. */
export function insertAfter(statement: LintStatement, words: readonly string[], inserted: string): string {
  const index = findWords(statement, ...words);
  const last = statement.classified.tokens[index + words.length - 1];
  if (index < 0 || last === undefined) return statement.classified.text;
  const { sql, classified } = statement;
  return `${sql.slice(classified.start, last.end)} ${inserted}${sql.slice(last.end, classified.end)}`;
}

/** The statement without words that follow one another. */
export function without(statement: LintStatement, ...words: readonly string[]): string {
  const index = findWords(statement, ...words);
  const first = statement.classified.tokens[index];
  const last = statement.classified.tokens[index + words.length - 1];
  const { sql, classified } = statement;
  if (index < 0 || first === undefined || last === undefined) return classified.text;
  return `${sql.slice(classified.start, first.start)}${sql.slice(last.end, classified.end).trimStart()}`.trim();
}
