import { LockstepError, type Migration, quoteIdentifier } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { sqlStateOf } from '../../run/sql-error.ts';

/**
 * The synced tables of the newest migration become Electric's: the files that would have said so are marked as applied
 * without being run. Goes through the migrations proxy. Raises ELECTRIC_UNKNOWN_TO_POSTGRES where there is none.
 */
export async function electrifyAdopted(tx: Executor, migrations: readonly Migration[]): Promise<void> {
  for (const { schema, name } of migrations.at(-1)?.schema.tables ?? []) {
    try {
      await tx.exec(`ALTER TABLE ${quoteIdentifier(schema)}.${quoteIdentifier(name)} ENABLE ELECTRIC`);
    } catch (cause) {
      if (sqlStateOf(cause) !== '42601') throw cause;
      throw new LockstepError('ELECTRIC_UNKNOWN_TO_POSTGRES', {
        message: `The table ${schema}.${name} is synced, and this is Postgres itself, which doesn't know ENABLE ELECTRIC.`,
        remedy:
          'Adopt through the migrations proxy: set PGHOST and PGPORT to it (127.0.0.1 and 65432 in development), or use the root script `pnpm db:adopt`, which brings its own.',
        cause,
      });
    }
  }
}
