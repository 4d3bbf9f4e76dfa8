import type { AlterTableCmd, AlterTableType } from 'libpg-query';
import { formatTableName, tableLabel } from '../../sql/table-name.ts';
import type { Effect } from './effects/effect.ts';
import type { Concern, Level, SafeForm } from './finding.ts';
import type { NodeMap } from './schema/apply.ts';
import { commandsOf } from './schema/apply-alter.ts';
import { keyOf, type RangeName, type Schema, type Table, tableNameOf } from './schema/schema.ts';
import { type AlterPiece, alterPieces, type LintStatement } from './statement.ts';

/** What a rule says of a statement; the lint adds place, lock and level. */
export interface Report {
  readonly what: string;
  /** The key of the relation whose lock is told; by default the one with the strongest. */
  readonly relation?: string | null;
  readonly safe?: SafeForm | null;
  readonly level?: Level;
  /** Where in the file, when not at the statement's begin. */
  readonly at?: number;
  /** The statement it is said of, when it is not the one that is looked at. */
  readonly statement?: LintStatement;
}

export interface Rule {
  readonly name: string;
  readonly level: Level | 'off';
  readonly concern: Concern;
  /** The statements it is about, in words. */
  readonly subject: string;
  readonly why: string;
  /** What to do instead, in words. */
  readonly instead: string;
  /** Names that other linters have for it: squawk, eugene, strong_migrations, atlas. */
  readonly covers: readonly string[];
  /** Looks at a statement, with the schema as it is before it. */
  readonly check?: (statement: LintStatement, context: LintContext) => Iterable<Report>;
  /** Looks at a file behind its last statement, with the schema as the file left it. */
  readonly finish?: (context: LintContext) => Iterable<Report>;
}

export interface LintOptions {
  /** `embedded`: a database that one application has to itself, so that nobody waits for a lock. */
  readonly target: 'server' | 'embedded';
  /** The oldest Postgres that the migrations run on, its major version. */
  readonly postgres: number;
  /**
   * Who applies them. Ours sets lock_timeout and gives statements that need it a transaction of their own; of any
   * `other` neither is taken for granted.
   */
  readonly runner: 'lockstep' | 'other';
  /** Tables that clients hold; null when nothing is known about sync. */
  readonly syncedTables: readonly string[] | null;
}

export interface LintContext {
  readonly schema: Schema;
  readonly options: LintOptions;
  readonly fileName: string;
  /** The statements of the file so far, this one left out. */
  readonly before: readonly LintStatement[];
  /** Locks on relations that were there before the file, held by the transaction of this statement. */
  readonly held: ReadonlyMap<string, { readonly effect: Effect; readonly statement: LintStatement }>;
  /** Enum values that this transaction added to a type that it didn't create: type's key to labels. */
  readonly newEnumValues: ReadonlyMap<string, ReadonlySet<string>>;
  /** Settings of the session as far as the files say, by their names. */
  readonly settings: ReadonlyMap<string, string>;
  /** The BEGIN of the file's own transaction that is open, if one is. */
  readonly open: LintStatement | null;
  /** True for a table that the same file creates (and a temporary one): nobody else knows it yet. */
  readonly isNew: (key: string) => boolean;
}

/** The rule's own shape is its type. */
export function rule(definition: Rule): Rule {
  return definition;
}

/** What a rule about a subcommand of ALTER TABLE gets. */
export interface AlteredTable {
  readonly command: AlterTableCmd;
  readonly key: string;
  readonly table: Table | null;
  /** The subcommand's text, or null where the statement can't be taken apart. */
  readonly piece: AlterPiece | null;
  /** `ALTER TABLE "items"`, as written. */
  readonly head: string;
  /** The table's name as written, quoted. */
  readonly name: string;
  /** The statement without this subcommand and with its semicolon, or nothing when it has no other. */
  readonly rest: string;
}

/** Calls `look` for each subcommand of these kinds on a table that was there before the file. */
export function onAlter(
  subtypes: readonly AlterTableType[],
  look: (altered: AlteredTable, statement: LintStatement, context: LintContext) => Iterable<Report>,
  { includeNew = false } = {},
): NonNullable<Rule['check']> {
  return function* check(statement, context) {
    const alter = statement.node.AlterTableStmt;
    if (alter === undefined || alter.objtype === 'OBJECT_INDEX') return;
    const key = keyOf(context.schema, alter.relation);
    if (!includeNew && context.isNew(key)) return;
    const commands = commandsOf(alter);
    if (!commands.some(({ subtype }) => subtype !== undefined && subtypes.includes(subtype))) return;
    const parts = alterPieces(statement);
    for (const [index, command] of commands.entries()) {
      if (command.subtype === undefined || !subtypes.includes(command.subtype)) continue;
      const others = parts?.pieces.filter((_, other) => other !== index).map(({ text }) => text) ?? [];
      const name = writtenName(alter.relation);
      const head = parts?.head ?? `ALTER TABLE ${name}`;
      yield* look(
        {
          command,
          key,
          table: context.schema.tables.get(key) ?? null,
          piece: parts?.pieces[index] ?? null,
          head,
          name,
          rest: others.length === 0 ? '' : `${head} ${others.join(', ')};\n`,
        },
        statement,
        context,
      );
    }
  };
}

/** Calls `look` for statements of one node. */
export function onNode<Name extends keyof NodeMap>(
  name: Name,
  look: (
    node: NonNullable<NodeMap[Name]>,
    statement: LintStatement,
    context: LintContext,
  ) => Iterable<Report>,
): NonNullable<Rule['check']> {
  return (statement, context) => {
    const node = statement.node[name];
    return node === undefined || node === null
      ? []
      : look(node as NonNullable<NodeMap[Name]>, statement, context);
  };
}

/** A relation as the statement names it, quoted. */
export function writtenName(relation: RangeName | undefined): string {
  return formatTableName({ schema: relation?.schemaname ?? null, name: relation?.relname ?? '' });
}

/** `items`, or `app.items` outside the schema `public`. */
export function label(key: string): string {
  return tableLabel(tableNameOf(key));
}

/** The same quoted, for SQL. */
export function sqlName(key: string): string {
  const { schema, name } = tableNameOf(key);
  return formatTableName({ schema: schema === 'public' ? null : schema, name });
}

/** One block. */
export function paste(sql: string, title = 'Instead'): SafeForm {
  return { blocks: [{ title, sql: sql.trim() }] };
}

/** Several migrations, one after the other. */
export function inMigrations(...blocks: readonly (readonly [title: string, sql: string])[]): SafeForm {
  return { blocks: blocks.map(([title, sql]) => ({ title, sql: sql.trim() })) };
}
