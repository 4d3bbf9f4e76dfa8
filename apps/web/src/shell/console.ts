import type { LocalDatabase } from '@lockstep/sync';
import type { Session } from '../db/session.ts';

/** A12: `lockstep` in the browser console. Each member speaks of the database that is open now. */
export function exposeToConsole(session: Session): void {
  const open = (): LocalDatabase => {
    const state = session.get();
    if (state.kind !== 'open') throw new Error(`No database is open: ${state.kind}.`);
    return state.database;
  };
  const tools = {
    checkAndMigrate: () => open().migrations.checkAndMigrate(),
    forceMigration: () => open().migrations.forceMigration(),
    resetMigrationState: () => open().migrations.resetMigrationState(),
    getCurrentVersion: () => open().migrations.getCurrentVersion(),
    get isMigrating() {
      return open().migrations.isMigrating.get();
    },
    get migrationState() {
      return open().migrations.state.get();
    },
    get status() {
      return open().status.get();
    },
    inspect: () => open().inspect(),
    pause: () => open().pause(),
    resume: () => open().resume(),
    /** Rows of a query on the local database. */
    sql: async (text: string, params: unknown[] = []) => (await open().db.query(text, params)).rows,
  };
  Object.defineProperty(globalThis, 'lockstep', { value: tools, configurable: true });
}
