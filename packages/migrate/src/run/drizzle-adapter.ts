import { parseElectricStatement } from '../sql/electric-statement.ts';
import { splitStatements } from '../sql/split.ts';
import type { PgliteDatabase } from './executor/pglite.ts';

/**
 * A PGlite on which drizzle-orm's own `migrate()` runs our histories (C2): a chunk may hold several statements, which
 * PGlite's `query` refuses, and ENABLE ELECTRIC, which means nothing there, is left out. For histories that Drizzle can
 * run at all: SQL only, transactional, in order. Everything else goes to the database as it is.
 *
 * @example
 * await migrate(drizzle({ client: drizzleAdapter(db) }), { migrationsFolder: 'drizzle' });
 */
export function drizzleAdapter<Database extends PgliteDatabase>(db: Database): Database {
  const { transaction } = db;
  return withQuery(db, {
    transaction: (body: Parameters<typeof transaction>[0]) => db.transaction((tx) => body(withQuery(tx, {}))),
  });
}

type Queryable = Pick<PgliteDatabase, 'query'>;

function withQuery<Target extends Queryable>(
  target: Target,
  overrides: Readonly<Record<string, unknown>>,
): Target {
  const own: Readonly<Record<string | symbol, unknown>> = { ...overrides, query: queryEach(target) };
  return new Proxy(target, {
    get(_, name) {
      if (name in own) return own[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function queryEach(target: Queryable): Queryable['query'] {
  return async (sql, params, options) => {
    const statements = splitStatements(sql).filter(({ text }) => parseElectricStatement(text) === null);
    const last = statements.pop();
    if (last === undefined) return { rows: [], fields: [] };
    for (const { text } of statements) await target.query(text, params, options);
    return target.query(last.text, params, options);
  };
}
