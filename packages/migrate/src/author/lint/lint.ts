import { placeOfOffset } from '../../run/sql-position.ts';
import { classifyFile } from '../../sql/classify.ts';
import type { Parser } from '../../sql/parser.ts';
import { type Effect, isSlow } from './effects/effect.ts';
import { effectsOf } from './effects/effects.ts';
import { type Finding, LEVELS, type Level, STATEMENT_CHARS_MAX } from './finding.ts';
import { readIgnores } from './ignores.ts';
import { blockedBy, isBlocking, lockStrength } from './lock.ts';
import { type META_RULES, RULES } from './registry.ts';
import { repeatableForm } from './repeatable.ts';
import { type LintContext, type LintOptions, label, type Report, type Rule } from './rule.ts';
import { applyStatement, type NodeMap } from './schema/apply.ts';
import { emptySchema, keyOfParts, type Schema } from './schema/schema.ts';
import { nameParts } from './schema/type-ref.ts';
import type { LintSettings } from './settings.ts';
import type { LintStatement } from './statement.ts';

/** A migration's file. Those that aren't reported are read for the schema that they leave. */
export interface LintFile {
  /** The migration's tag, as the configuration's ignores name it. */
  readonly tag: string;
  /** The path in findings. */
  readonly file: string;
  readonly sql: string;
  readonly isReported: boolean;
}

export interface LintInput {
  readonly settings: LintSettings;
  readonly syncedTables: readonly string[] | null;
}

export interface LintedStatement {
  readonly tag: string;
  readonly statement: LintStatement;
}

export interface LintResult {
  /** In the order of the files and of the statements. */
  readonly findings: readonly Finding[];
  readonly files: number;
  readonly statements: readonly LintedStatement[];
}

/**
 * Looks at a history's files, oldest first, without a database. `files` begins with the first migration, so that the
 * schema before each statement is known. Raises MIGRATION_SYNTAX.
 */
export function lintFiles(parser: Parser, files: readonly LintFile[], input: LintInput): LintResult {
  const { settings, syncedTables } = input;
  const { target, postgres, runner } = settings;
  const history: History = {
    schema: emptySchema(),
    options: { target, postgres, runner, syncedTables },
    rules: RULES.flatMap((rule): ActiveRule[] => {
      const level = settings.rules[rule.name] ?? rule.level;
      return level === 'off' ? [] : [{ rule, level }];
    }),
  };
  const findings: Finding[] = [];
  const statements: LintedStatement[] = [];
  const used = new Set<number>();
  for (const file of files) {
    const looked = lintFile(parser, file, history);
    if (!file.isReported) continue;
    statements.push(...looked.statements.map((statement) => ({ tag: file.tag, statement })));
    const ignored = applyIgnores(file, looked.statements, looked.findings);
    const kept = ignored.filter((finding) => {
      const at = settings.ignore.findIndex(
        ({ rule, migration }) => rule === finding.rule && migration === file.tag,
      );
      if (at >= 0) used.add(at);
      return at < 0;
    });
    findings.push(...kept);
  }
  findings.push(...unusedSettings(settings, files, used));
  return { findings, files: files.filter(({ isReported }) => isReported).length, statements };
}

interface ActiveRule {
  readonly rule: Rule;
  readonly level: Level;
}

interface History {
  readonly schema: Schema;
  readonly options: LintOptions;
  readonly rules: readonly ActiveRule[];
}

function lintFile(
  parser: Parser,
  { file, tag, sql, isReported }: LintFile,
  { schema, options, rules }: History,
): { readonly findings: readonly Finding[]; readonly statements: readonly LintStatement[] } {
  schema.searchPath = 'public';
  const findings: Finding[] = [];
  const before: LintStatement[] = [];
  const held = new Map<string, { effect: Effect; statement: LintStatement }>();
  const newEnumValues = new Map<string, Set<string>>();
  const settings = new Map<string, string>();
  const state: { open: LintStatement | null; step: number } = { open: null, step: 0 };
  const isNew = (key: string) => {
    const table = schema.tables.get(key);
    if (table === undefined) return schema.views.get(key)?.file === tag;
    return table.file === tag || table.persistence === 'temporary';
  };
  const context: LintContext = {
    schema,
    options,
    fileName: tag,
    before,
    held,
    newEnumValues,
    settings,
    get open() {
      return state.open;
    },
    isNew,
  };
  const say = (active: ActiveRule, report: Report, statement: LintStatement) => {
    const finding = toFinding(active, report, report.statement ?? statement, context);
    if (finding !== null) findings.push(finding);
  };
  for (const [index, classified] of classifyFile(parser, sql, file).entries()) {
    const last = before.at(-1)?.classified;
    if (last !== undefined && !(last.isTransactional && classified.isTransactional)) {
      state.step += 1;
      held.clear();
      newEnumValues.clear();
    }
    const isUtc = /^(utc|etc\/utc|gmt)$/i.test(settings.get('timezone') ?? '');
    const statement: LintStatement = {
      classified,
      node: (classified.tree?.node ?? {}) as NodeMap,
      file,
      sql,
      number: index + 1,
      step: state.step,
      effects: isReported ? effectsOf(schema, classified, { isUtc }) : [],
    };
    if (isReported)
      for (const active of rules)
        for (const report of active.rule.check?.(statement, context) ?? []) say(active, report, statement);
    remember(statement, context, { held, newEnumValues, settings, state });
    before.push(statement);
    applyStatement(schema, classified, tag);
  }
  if (isReported) {
    for (const active of rules) {
      for (const report of active.rule.finish?.(context) ?? []) {
        const statement = report.statement ?? before.at(-1);
        if (statement !== undefined) say(active, report, statement);
      }
    }
  }
  findings.sort((left, right) => left.line - right.line || left.column - right.column);
  return { findings, statements: before };
}

interface Memory {
  readonly held: Map<string, { effect: Effect; statement: LintStatement }>;
  readonly newEnumValues: Map<string, Set<string>>;
  readonly settings: Map<string, string>;
  readonly state: { open: LintStatement | null; step: number };
}

/** What the statements behind this one have to know of it. */
function remember(statement: LintStatement, { schema, isNew, fileName }: LintContext, memory: Memory): void {
  const { node, effects } = statement;
  const { held, newEnumValues, settings, state } = memory;
  for (const effect of effects) {
    const known = held.get(effect.relation);
    if (effect.kind === 'index' || isNew(effect.relation) || !isStrong(effect)) continue;
    if (known === undefined || lockStrength(known.effect.lock) < lockStrength(effect.lock))
      held.set(effect.relation, { effect, statement });
  }
  const { AlterEnumStmt: change, VariableSetStmt: set, TransactionStmt: transaction } = node;
  if (change?.newVal !== undefined && change.oldVal === undefined) {
    const key = keyOfParts(schema, nameParts(change.typeName));
    const isOwn = schema.enums.get(key)?.file === fileName;
    if (!isOwn) newEnumValues.set(key, (newEnumValues.get(key) ?? new Set()).add(change.newVal));
  }
  if (set?.name !== undefined) {
    const { A_Const } = (set.args?.[0] ?? {}) as {
      A_Const?: { sval?: { sval?: string }; ival?: { ival?: number } };
    };
    const value = A_Const?.sval?.sval ?? (A_Const === undefined ? '' : String(A_Const.ival?.ival ?? 0));
    settings.set(set.name.toLowerCase(), value);
  }
  if (transaction?.kind === 'TRANS_STMT_BEGIN' || transaction?.kind === 'TRANS_STMT_START')
    state.open = statement;
  if (transaction?.kind === 'TRANS_STMT_COMMIT' || transaction?.kind === 'TRANS_STMT_ROLLBACK')
    state.open = null;
}

const isStrong = ({ lock }: Effect) => isBlocking(lock);

function toFinding(
  { rule, level }: ActiveRule,
  report: Report,
  statement: LintStatement,
  context: LintContext,
): Finding | null {
  const { classified, sql, file, effects } = statement;
  const wanted = report.relation ?? null;
  const own = effects.find(({ relation }) => relation === wanted);
  const strongest = [...effects].sort((left, right) => lockStrength(right.lock) - lockStrength(left.lock))[0];
  const effect = own ?? (report.relation === undefined ? strongest : undefined);
  const work =
    effect === undefined
      ? null
      : effect.rewrites
        ? 'rewrite'
        : effect.builds
          ? 'index-build'
          : effect.scans
            ? 'scan'
            : null;
  const isEmbedded = context.options.target === 'embedded';
  // Nobody else is there to wait: what is left of a lock is how long it takes.
  if (isEmbedded && rule.concern === 'lock' && !effects.some(isSlow)) return null;
  const place = report.at === undefined ? classified.place : placeOfOffset(sql, report.at);
  const isDuration = isEmbedded && rule.concern === 'lock';
  return {
    rule: rule.name,
    level: isDuration ? 'notice' : (report.level ?? level),
    concern: rule.concern,
    file,
    line: place.line,
    column: place.column,
    statement: statement.number,
    sql:
      classified.text.length > STATEMENT_CHARS_MAX
        ? `${classified.text.slice(0, STATEMENT_CHARS_MAX)}…`
        : classified.text,
    what: isDuration
      ? `${report.what} Nobody else waits here, but the application does, the longer the more rows there are.`
      : report.what,
    table: wanted === null ? (effect === undefined ? null : label(effect.relation)) : label(wanted),
    lock: isDuration ? null : (effect?.lock ?? null),
    blocks: isDuration || effect === undefined ? null : blockedBy(effect.lock),
    work,
    safe: isDuration ? null : (report.safe ?? null),
    // Behind the file's end the schema is another one.
    repeatable: report.statement === undefined ? repeatableForm(statement, context.schema) : null,
  };
}

/** Takes out what comments ignore, and says what is wrong with the comments themselves. */
function applyIgnores(
  { file, sql }: LintFile,
  statements: readonly LintStatement[],
  findings: readonly Finding[],
): readonly Finding[] {
  const comments = readIgnores(
    sql,
    statements.map(({ classified }) => classified),
  );
  const used = new Set<string>();
  const kept = findings.filter(({ rule, statement }) => {
    const at = comments.findIndex(
      (comment) =>
        comment.rules.includes(rule) && (comment.statement === null || comment.statement === statement),
    );
    if (at >= 0) used.add(`${at}.${rule}`);
    return at < 0;
  });
  const meta = comments.flatMap((comment, at): Finding[] => {
    const about = (rule: (typeof META_RULES)[number], level: Level, what: string) =>
      metaFinding(rule, level, what, file, comment.place);
    const found =
      comment.reason === null
        ? [
            about(
              'ignore-without-reason',
              'error',
              `lockstep-ignore ${comment.rules.join(', ')} gives no reason: write it behind a colon.`,
            ),
          ]
        : [];
    for (const name of comment.rules) {
      if (!RULES.some((rule) => rule.name === name))
        found.push(about('ignore-unknown-rule', 'error', `There is no rule called ${name}.`));
      else if (!used.has(`${at}.${name}`))
        found.push(
          about(
            'ignore-unused',
            'warning',
            `Nothing is left for ${name} to ignore here: take the comment out.`,
          ),
        );
    }
    return found;
  });
  return [...kept, ...meta].sort((left, right) => left.line - right.line || left.column - right.column);
}

function unusedSettings(
  settings: LintSettings,
  files: readonly LintFile[],
  used: ReadonlySet<number>,
): readonly Finding[] {
  const place = { line: 1, column: 1 };
  const ignores = settings.ignore.flatMap(({ rule, migration }, at): Finding[] => {
    const isLookedAt = files.some(({ tag, isReported }) => tag === migration && isReported);
    const isThere = files.some(({ tag }) => tag === migration);
    if (!RULES.some(({ name }) => name === rule))
      return [
        metaFinding(
          'ignore-unknown-rule',
          'error',
          `There is no rule called ${rule}.`,
          'lockstep.config.ts',
          place,
        ),
      ];
    if (used.has(at) || (isThere && !isLookedAt)) return [];
    return [
      metaFinding(
        'ignore-unused',
        'warning',
        `lint.ignore: ${migration} has nothing for ${rule} to ignore.`,
        'lockstep.config.ts',
        place,
      ),
    ];
  });
  const unknown = Object.keys(settings.rules).filter((name) => !RULES.some((rule) => rule.name === name));
  return [
    ...ignores,
    ...unknown.map((name) =>
      metaFinding(
        'ignore-unknown-rule',
        'error',
        `lint.rules: there is no rule called ${name}.`,
        'lockstep.config.ts',
        place,
      ),
    ),
  ];
}

function metaFinding(
  rule: (typeof META_RULES)[number],
  level: Level,
  what: string,
  file: string,
  { line, column }: { readonly line: number; readonly column: number },
): Finding {
  const nothing = {
    table: null,
    lock: null,
    blocks: null,
    work: null,
    safe: null,
    repeatable: null,
  } as const;
  return { rule, level, concern: 'style', file, line, column, statement: null, sql: '', what, ...nothing };
}

/** The highest level among findings, or null when there are none. */
export function highestLevel(findings: readonly Finding[]): Level | null {
  return LEVELS.findLast((level) => findings.some((finding) => finding.level === level)) ?? null;
}
