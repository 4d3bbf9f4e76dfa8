import type { ErrorReport, Inspection } from '@lockstep/sync';
import { useElectricMigrations, useLocalDatabase } from '@lockstep/sync/react';
import { useCallback, useEffect, useState } from 'react';

/** Rows arrive in bursts: looking again more often than this shows nothing more. */
const REFRESH_MS = 500;

export type InspectionState = { readonly inspection: Inspection | null; readonly error: ErrorReport | null };

/** What is in the local database, looked at again when rows or the schema change. */
export function useInspection(): InspectionState & { readonly refresh: () => void } {
  const database = useLocalDatabase();
  const { isMigrating } = useElectricMigrations();
  const [state, setState] = useState<InspectionState>({ inspection: null, error: null });
  const refresh = useCallback(() => {
    database.inspect().then(
      (inspection) => setState({ inspection, error: null }),
      (error: unknown) => setState((before) => ({ ...before, error: toReport(error) })),
    );
  }, [database]);

  useEffect(() => {
    if (isMigrating) return;
    refresh();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = database.onChange(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        refresh();
      }, REFRESH_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [database, isMigrating, refresh]);

  return { ...state, refresh };
}

function toReport(error: unknown): ErrorReport {
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message, remedy: 'Reload the page.' };
}
