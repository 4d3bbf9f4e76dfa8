import { useObservable } from '@lockstep/sync/react';
import { createContext, useContext } from 'react';
import type { EditStore, Edits } from './edits.ts';
import type { Identity } from './identity.ts';
import type { Session, SessionState } from './session.ts';

const SessionContext = createContext<Session | null>(null);

export const SessionProvider = SessionContext;

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession needs a <SessionProvider> above it.');
  return session;
}

export function useSessionState(): SessionState {
  return useObservable(useSession());
}

/** The person of this tab. Only below an open session: otherwise a bug in the caller. */
export function useIdentity(): Identity {
  return useOpenSession().identity;
}

export function useEditStore(): EditStore {
  return useOpenSession().edits;
}

export function useEdits(): Edits {
  return useObservable(useEditStore());
}

function useOpenSession(): Extract<SessionState, { kind: 'open' }> {
  const state = useSessionState();
  if (state.kind !== 'open') throw new Error('No database is open here.');
  return state;
}
