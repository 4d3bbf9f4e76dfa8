import type { PostgresClient } from './drivers.ts';
import type { Executor, ExecutorCapabilities } from './executor.ts';
import { runInSavepoint } from './savepoint.ts';

const CAPABILITIES: ExecutorCapabilities = { hasReplication: true, isShared: true, isInProcess: false };

/**
 * An executor over one connected node-postgres client (never a pool: a transaction needs its connection).
 * The client stays the caller's: it is neither connected nor ended here.
 */
export function postgresExecutor(client: PostgresClient): Executor {
  const statements = statementsOf(client);
  const inTurn = createTurns();
  return {
    capabilities: CAPABILITIES,
    query: (sql, params) => inTurn(() => statements.query(sql, params)),
    exec: (sql) => inTurn(() => statements.exec(sql)),
    transaction: (body) => inTurn(() => runTransaction(client, body)),
  };
}

async function runTransaction<T>(client: PostgresClient, body: (tx: Executor) => Promise<T>): Promise<T> {
  const tx: Executor = {
    ...statementsOf(client),
    transaction: (inner) => runInSavepoint(tx, inner),
  };
  // A connection that Postgres ends between two statements is told by an event, which without a listener ends the
  // process. The next statement fails, and says so in the right place.
  client.on('error', ignore);
  try {
    return await beginAndCommit(client, tx, body);
  } finally {
    client.off('error', ignore);
  }
}

const ignore = () => undefined;

async function beginAndCommit<T>(
  client: PostgresClient,
  tx: Executor,
  body: (tx: Executor) => Promise<T>,
): Promise<T> {
  await client.query('BEGIN');
  let result: T;
  try {
    result = await body(tx);
  } catch (error) {
    // The first error is the one to tell: when the connection is gone, so is the transaction.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  // Postgres answers the COMMIT of a failed transaction with a rollback and without an error.
  const { command } = await client.query('COMMIT');
  if (command !== 'COMMIT')
    throw new Error('The transaction was rolled back: one of its statements had failed.');
  return result;
}

function statementsOf(client: PostgresClient): Omit<Executor, 'transaction'> {
  return {
    capabilities: CAPABILITIES,
    async query<Row extends object>(sql: string, params: readonly (string | null)[] = []) {
      const { rows } = await client.query({ text: sql, values: [...params], queryMode: 'extended' });
      return rows as Row[];
    },
    async exec(sql) {
      await client.query(sql);
    },
  };
}

/** Lets one caller at a time through, in order, so that nobody's statement lands in another's transaction. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
