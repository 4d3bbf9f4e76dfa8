import { openDatabase } from '../source/connection.ts';

export interface WorkloadOptions {
  readonly seed: number;
  readonly connections: number;
  /** Rows 1 to `rows` exist at the start. */
  readonly rows: number;
}

export interface Workload {
  /** Resolves when this many more transactions were committed. */
  advance(transactions: number): Promise<void>;
  stop(): Promise<{ readonly transactions: number }>;
}

/** Random transactions of one to six statements on `items`, on several connections at once; some are rolled back, some dawdle. */
export function runWorkload(url: string, options: WorkloadOptions): Workload {
  let isStopped = false;
  let transactions = 0;
  let nextId = options.rows + 1;
  let closed: Promise<void> | null = null;
  const advanced = new Set<() => void>();

  const database = openDatabase(url, options.connections);
  const work = async (number: number) => {
    const random = generator(options.seed + number);
    const upTo = (limit: number) => Math.floor(random() * limit);
    while (!isStopped) {
      // Statements that are sent together are one transaction; a division by zero rolls it back.
      const statements: string[] = [];
      for (let left = 1 + upTo(6); left > 0; left -= 1) {
        statements.push(statement(upTo, random, () => nextId++));
        if (random() < 0.1) statements.push('SELECT pg_sleep(0.02)');
      }
      if (random() < 0.1) statements.push('SELECT 1 / 0');
      // A deadlock or a key that exists rolls back as well: as in life.
      await database.query(statements.join('; ')).catch(() => undefined);
      transactions += 1;
      for (const check of advanced) check();
    }
  };
  const workers = Array.from({ length: options.connections }, (_, number) => work(number));

  return {
    advance(count) {
      const target = transactions + count;
      return new Promise((resolve) => {
        const check = () => {
          if (transactions < target) return;
          advanced.delete(check);
          resolve();
        };
        advanced.add(check);
      });
    },
    async stop() {
      isStopped = true;
      await Promise.all(workers);
      closed ??= database.close();
      await closed;
      return { transactions };
    },
  };
}

function statement(upTo: (limit: number) => number, random: () => number, newId: () => number): string {
  const title = `'${'abcde'[upTo(5)]}'`;
  const n = random() < 0.1 ? 'NULL' : String(upTo(100));
  const id = 1 + upTo(2200);
  const choice = random();
  if (choice < 0.3) return `INSERT INTO items VALUES (${newId()}, ${title}, ${n})`;
  if (choice < 0.65) return `UPDATE items SET title = ${title}, n = ${n} WHERE id = ${id}`;
  if (choice < 0.75) return `UPDATE items SET id = ${newId()} WHERE id = ${id}`;
  if (choice < 0.85) return `UPDATE items SET n = ${n} WHERE id BETWEEN ${id} AND ${id + 5}`;
  return `DELETE FROM items WHERE id = ${id}`;
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
