import { isLockstepError } from '@lockstep/protocol';
import { useCallback, useEffect, useState } from 'react';
import { fetchPeople, type Person } from '../db/session-api.ts';

export type PeopleState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly people: readonly Person[] }
  | { readonly kind: 'failed'; readonly message: string };

/** The people that the demo can sign in as; asked for when `isWanted`. */
export function usePeople(isWanted: boolean): { readonly state: PeopleState; readonly retry: () => void } {
  const [state, setState] = useState<PeopleState>({ kind: 'loading' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    fetchPeople().then(
      (people) => isCurrent && setState({ kind: 'ready', people }),
      (error: unknown) => isCurrent && setState({ kind: 'failed', message: messageOf(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [isWanted, attempt]);
  const retry = useCallback(() => {
    setState({ kind: 'loading' });
    setAttempt((count) => count + 1);
  }, []);
  return { state, retry };
}

function messageOf(error: unknown): string {
  return isLockstepError(error) ? `${error.message} ${error.remedy}` : String(error);
}
