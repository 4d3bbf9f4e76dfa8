import { isSlow } from '../effects/effect.ts';
import { isBlocking } from '../lock.ts';
import { type LintContext, label, onNode, paste, type Report, rule } from '../rule.ts';
import { findWords, type LintStatement, without } from '../statement.ts';

export const requireLockTimeout = rule({
  name: 'require-lock-timeout',
  level: 'warning',
  concern: 'lock',
  subject: 'A statement that locks readers or writers out, without `lock_timeout`',
  why: 'While it waits for one long query, everybody who comes after it waits as well. Our runner sets lock_timeout for each transaction and tries again, so this is said only where another applies the migrations.',
  instead: '`SET LOCAL lock_timeout`, two seconds at most, and try again.',
  covers: ['squawk require-timeout-settings', 'eugene E9', 'strong_migrations lock_timeout'],
  *check(statement, context) {
    const { options, settings, before } = context;
    const isBounded = ![undefined, '0', ''].includes(settings.get('lock_timeout'));
    if (options.runner === 'lockstep' || isBounded) return;
    const locking = (each: LintStatement) =>
      each.effects.find(({ relation, lock }) => isBlocking(lock) && !context.isNew(relation));
    const effect = locking(statement);
    if (effect === undefined || before.some((earlier) => locking(earlier) !== undefined)) return;
    yield {
      what: `While this waits for ${label(effect.relation)}, all who come after it wait as well.`,
      relation: effect.relation,
      safe: paste(`SET LOCAL lock_timeout = '2s';\n${statement.classified.text};`),
    };
  },
});

export const workUnderLock = rule({
  name: 'work-under-lock',
  level: 'warning',
  concern: 'lock',
  subject: 'Work that takes its time behind a statement that took ACCESS EXCLUSIVE, in one transaction',
  why: 'A lock is held until the transaction ends, so a table that was to be locked for a moment is locked for all of it.',
  instead: 'Put what is slow into a migration of its own.',
  covers: ['eugene E4'],
  check: (statement, context) => slowUnderLock(statement, context, false),
});

export const backfillWithDdl = rule({
  name: 'backfill-with-ddl',
  level: 'error',
  concern: 'lock',
  subject: '`UPDATE` or `DELETE` of many rows in the transaction of a schema change',
  why: 'The lock of the schema change is held until the last row is written.',
  instead: 'A migration of its own for the rows, in batches.',
  covers: ['strong_migrations backfilling data'],
  check: (statement, context) => slowUnderLock(statement, context, true),
});

function* slowUnderLock(statement: LintStatement, context: LintContext, ofRows: boolean): Iterable<Report> {
  const { node, effects, classified } = statement;
  const isOfRows =
    node.UpdateStmt !== undefined || node.DeleteStmt !== undefined || node.MergeStmt !== undefined;
  const isCopy =
    node.InsertStmt?.selectStmt !== undefined &&
    /\bSelectStmt\b/.test(JSON.stringify(node.InsertStmt)) &&
    /\bfromClause\b/.test(JSON.stringify(node.InsertStmt));
  if ((isOfRows || isCopy) !== ofRows) return;
  const slow = effects.find((effect) => isSlow(effect) && !context.isNew(effect.relation));
  if ((slow === undefined && !isCopy) || isBatched(statement)) return;
  const held = [...context.held.values()].filter(({ effect }) => effect.lock === 'ACCESS EXCLUSIVE');
  const [first] = held;
  if (first === undefined || !classified.isTransactional) return;
  yield {
    what: `${[...new Set(held.map(({ effect }) => label(effect.relation)))].join(', ')}, locked by statement ${first.statement.number}, stays locked while this runs.`,
    relation: first.effect.relation,
    safe: paste(`${classified.text};`, 'In a migration of its own'),
  };
}

/** LIMIT in a subquery that picks the rows. */
export function isBatched({ node }: LintStatement): boolean {
  return JSON.stringify(node.UpdateStmt?.whereClause ?? node.DeleteStmt?.whereClause ?? {}).includes(
    '"limitCount"',
  );
}

export const backfillAtOnce = rule({
  name: 'backfill-at-once',
  level: 'warning',
  concern: 'lock',
  subject: '`UPDATE` or `DELETE` of a whole table in one statement',
  why: 'Each row stays locked until the last is written, dead rows pile up that VACUUM can not clear meanwhile, and replicas get one transaction of all of them.',
  instead: 'Some thousand rows at a time, each batch in a transaction of its own.',
  covers: ['strong_migrations backfilling data'],
  *check(statement, context) {
    const { node, sql, classified } = statement;
    const change = node.UpdateStmt ?? node.DeleteStmt;
    if (change === undefined || isBatched(statement)) return;
    const key = `${change.relation?.schemaname ?? context.schema.searchPath}.${change.relation?.relname ?? ''}`;
    if (context.isNew(key) || statement.effects.length === 0 || hasKeyCondition(change.whereClause)) return;
    const where = findWords(statement, 'where');
    const from = findWords(statement, node.UpdateStmt === undefined ? 'using' : 'from');
    const alias = change.relation?.alias?.aliasname;
    const name = `${change.relation?.schemaname === undefined ? '' : `"${change.relation.schemaname}".`}"${change.relation?.relname ?? ''}"`;
    const token = classified.tokens[where];
    const isSimple = alias === undefined && from < 0 && findWords(statement, 'returning') < 0;
    const condition = token === undefined ? 'true' : sql.slice(token.end, classified.end).trim();
    const head = token === undefined ? classified.text : sql.slice(classified.start, token.start).trimEnd();
    yield {
      what: `All ${token === undefined ? '' : 'matching '}rows of ${label(key)} are ${node.DeleteStmt === undefined ? 'written' : 'deleted'} in one transaction.`,
      relation: key,
      safe: isSimple
        ? paste(
            `-- Again and again until it changes no row: the condition must not hold for rows that are done.
${head} WHERE ctid IN (SELECT ctid FROM ${name} WHERE ${condition} LIMIT 5000 FOR UPDATE SKIP LOCKED);`,
            'In a program (a TypeScript migration), each batch in a transaction of its own',
          )
        : null,
    };
  },
});

/** `id = …`: a handful of rows at most. */
function hasKeyCondition(where: unknown): boolean {
  const { A_Expr } = (where ?? {}) as {
    A_Expr?: {
      kind?: string;
      lexpr?: { ColumnRef?: { fields?: { String?: { sval?: string } }[] } };
      name?: { String?: { sval?: string } }[];
    };
  };
  const isKey = A_Expr?.lexpr?.ColumnRef?.fields?.at(-1)?.String?.sval === 'id';
  return isKey && (A_Expr?.kind === 'AEXPR_IN' || A_Expr?.name?.[0]?.String?.sval === '=');
}

export const concurrentlyInTransaction = rule({
  name: 'concurrently-in-transaction',
  level: 'error',
  concern: 'failure',
  subject: '`CONCURRENTLY` (and VACUUM, CREATE DATABASE …) in a transaction with other statements',
  why: 'Postgres refuses it (25001). Our runner gives such a statement a step of its own, unless the file opens a transaction itself; others send the whole file as one transaction.',
  instead: 'A file of its own, without BEGIN.',
  covers: ['squawk ban-concurrent-index-creation-in-transaction'],
  *check(statement, { options, before, open }) {
    const { classified } = statement;
    if (classified.isTransactional || classified.kind === 'transaction') return;
    if (open === null && (options.runner === 'lockstep' || before.length === 0)) return;
    yield {
      what:
        open === null
          ? 'It runs in one transaction with the statements before it, where Postgres refuses it.'
          : `It runs in the transaction that statement ${open.number} begins, where Postgres refuses it.`,
      safe: paste(`${classified.text};`, 'Alone in its migration'),
    };
  },
});

export const transactionInFile = rule({
  name: 'transaction-in-file',
  level: 'error',
  concern: 'failure',
  subject: '`BEGIN`, `COMMIT`, `ROLLBACK` in a migration',
  why: 'COMMIT ends the transaction of the migration: what comes before it stays when what comes after it fails, and the runner that starts again finds it done already.',
  instead:
    'Leave them out: a migration is a transaction. What must be committed in between belongs into two migrations.',
  covers: ['squawk transaction-nesting'],
  check: onNode('TransactionStmt', function* (node) {
    if (
      node.kind === 'TRANS_STMT_SAVEPOINT' ||
      node.kind === 'TRANS_STMT_RELEASE' ||
      node.kind === 'TRANS_STMT_ROLLBACK_TO'
    )
      return;
    const word = (node.kind ?? '').replace('TRANS_STMT_', '').replaceAll('_', ' ');
    yield { what: `${word} cuts the migration's own transaction in two.`, relation: null };
  }),
});

export const openTransaction = rule({
  name: 'open-transaction',
  level: 'error',
  concern: 'failure',
  subject: '`BEGIN` without a `COMMIT` at the end of the file',
  why: 'Whatever runs next is in that transaction, and is lost with it.',
  instead: 'Leave BEGIN out.',
  covers: ['squawk ban-uncommitted-transaction'],
  *finish({ open }) {
    if (open !== null)
      yield {
        statement: open,
        what: 'The transaction that begins here is not ended in this file.',
        relation: null,
      };
  },
});

export const setNotLocal = rule({
  name: 'set-not-local',
  level: 'warning',
  concern: 'failure',
  subject: '`SET` of a setting without LOCAL',
  why: 'It stays in the session: the statements and migrations after it run with it, and fail or do something else.',
  instead: 'SET LOCAL, which ends with the transaction.',
  covers: [],
  check: onNode('VariableSetStmt', function* (node, statement) {
    if (node.is_local === true || node.kind === 'VAR_RESET' || node.kind === 'VAR_RESET_ALL') return;
    const text = without(statement, 'session').replace(/^set\s+/i, 'SET LOCAL ');
    yield {
      what: `${node.name ?? 'The setting'} stays as it is for whatever runs next.`,
      relation: null,
      safe: paste(`${text};`),
    };
  }),
});
