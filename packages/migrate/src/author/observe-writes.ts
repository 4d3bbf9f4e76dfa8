import type { Executor } from '../run/executor/executor.ts';
import type { ClassifiedStatement } from '../sql/classify.ts';
import { formatTableName } from '../sql/table-name.ts';
import { tokenize } from '../sql/token.ts';
import type { TableName } from '../sql/token-reader.ts';
import type { RowWrites } from './footprint.ts';

/** Watches which tables' rows a migration writes, while it is replayed. */
export interface WriteObserver extends RowWrites {
  /** To be called before each statement runs: names are looked up as they are then. */
  look(tx: Executor, statement: ClassifiedStatement): Promise<void>;
  /** Code runs whose writes can't be read off. */
  touchAnything(): void;
}

export function observeWrites(): WriteObserver {
  const written = new Set<number>();
  const touched = new Set<number>();
  let isAnythingTouched = false;
  return {
    written,
    touched: (oid) => isAnythingTouched || touched.has(oid),
    touchAnything() {
      isAnythingTouched = true;
    },
    async look(tx, statement) {
      const named = [...statement.writes, ...(await tablesOfBody(tx, statement.body))];
      for (const table of named) {
        const effect = await effectOfWrite(tx, table);
        if (effect === null) continue;
        written.add(effect.oid);
        for (const oid of effect.cascades) touched.add(oid);
        if (effect.hasTriggers) isAnythingTouched = true;
      }
      if (await isUnknowable(tx, statement)) isAnythingTouched = true;
    },
  };
}

interface WriteEffect {
  readonly oid: number;
  /** User triggers run code on it, which may write anything. */
  readonly hasTriggers: boolean;
  /** Tables that foreign keys may change with it. */
  readonly cascades: readonly number[];
}

const EFFECT_QUERY = `
  WITH RECURSIVE reached AS (
    SELECT to_regclass($1::text)::oid AS oid
    UNION
    SELECT con.conrelid FROM reached r JOIN pg_constraint con ON con.confrelid = r.oid AND con.contype = 'f'
    WHERE con.confdeltype IN ('c', 'n', 'd') OR con.confupdtype IN ('c', 'n', 'd')
  )
  SELECT to_regclass($1::text)::oid::int8::int4 AS oid,
    bool_or(EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = reached.oid AND NOT t.tgisinternal)) AS "hasTriggers",
    array_agg(reached.oid::int8::int4) AS cascades
  FROM reached WHERE reached.oid IS NOT NULL`;

async function effectOfWrite(tx: Executor, table: TableName): Promise<WriteEffect | null> {
  const [effect] = await tx.query<WriteEffect>(EFFECT_QUERY, [formatTableName(table)]);
  return effect === undefined || effect.cascades === null ? null : effect;
}

const WRITING_WORDS = new Set(['insert', 'update', 'delete', 'merge', 'truncate', 'copy']);
const CALLING_WORDS = new Set(['execute', 'perform', 'call']);

/** Tables that a DO block names, when it holds a statement that writes rows. */
async function tablesOfBody(tx: Executor, body: string | null): Promise<readonly TableName[]> {
  if (body === null || !bodyHas(body, WRITING_WORDS)) return [];
  const rows = await tx.query<TableName>(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const names = new Set(words(body).map(({ text }) => text));
  return rows.filter(({ name }) => names.has(name));
}

async function isUnknowable(tx: Executor, statement: ClassifiedStatement): Promise<boolean> {
  if (statement.node === 'ExecuteStmt') return true;
  if (statement.body !== null) return bodyHas(statement.body, CALLING_WORDS);
  if (statement.calls.length === 0) return false;
  const [row] = await tx.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname <> 'pg_catalog' AND p.proname = ANY ($1::text::text[]) AND p.provolatile = 'v') AS found`,
    [`{${statement.calls.map((name) => JSON.stringify(name)).join(',')}}`],
  );
  return row?.found ?? false;
}

/** `ON DELETE CASCADE` and `FOR UPDATE` write nothing. */
function bodyHas(body: string, wanted: ReadonlySet<string>): boolean {
  return words(body).some(({ text, before }) => wanted.has(text) && before !== 'on' && before !== 'for');
}

/** The names and words of PL/pgSQL code, folded, each with the one before it. Strings are no words: EXECUTE marks them. */
function words(body: string): readonly { readonly text: string; readonly before: string }[] {
  let before = '';
  return tokenize(body).flatMap(({ kind, start, end }) => {
    if (kind !== 'word' && kind !== 'quoted') return [];
    const raw = body.slice(start, end);
    const word = {
      text: kind === 'word' ? raw.toLowerCase() : raw.slice(1, -1).replaceAll('""', '"'),
      before,
    };
    before = word.text;
    return [word];
  });
}
