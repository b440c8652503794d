/* Who is logged in. A 401 from anywhere ends the session here once; drafts stay in the browser, and
   the address is kept, so that logging in again continues where it stopped. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { ApiError } from '../../../shared/api/client.ts';
import type { Session } from '../../../shared/api/types.ts';
import { api } from '../api.ts';
import { getPrefs, setPrefs } from '../prefs.ts';

export interface SessionState {
  session: Session | null;
  status: 'loading' | 'in' | 'out' | 'failed';
  error: ApiError | null;
  ended: boolean; /* was logged in and lost it */
  login: (email: string, password: string, code?: string) => Promise<void>;
  logout: () => Promise<void>;
  reload: () => void;
  refresh: () => Promise<void>; /* who it is has changed; pages stay */
}

const SessionContext = createContext<SessionState | null>(null);
const lost = new Set<() => void>();

/* Called by the query client and the stream on 401. */
export function sessionLost(): void {
  for (const listener of lost) listener();
}

export function isUnauthorised(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null>(null);
  const [status, setStatus] = useState<SessionState['status']>('loading');
  const [error, setError] = useState<ApiError | null>(null);
  const [ended, setEnded] = useState(false);

  const enter = useCallback((next: Session) => {
    if (!getPrefs().language) setPrefs({ language: next.user.language });
    setSession(next);
    setStatus('in');
    setEnded(false);
  }, []);

  const leave = useCallback(() => {
    setSession((before) => {
      if (before) setEnded(true);
      return null;
    });
    setStatus('out');
  }, []);

  const reload = useCallback(() => {
    setStatus('loading');
    api.session().then(enter, (reason: ApiError) => {
      setError(reason);
      setStatus(reason.status === 401 ? 'out' : 'failed');
    });
  }, [enter]);

  useEffect(() => {
    reload();
    lost.add(leave);
    return () => {
      lost.delete(leave);
    };
  }, [reload, leave]);

  const value = useMemo<SessionState>(() => ({
    session, status, error, ended, reload,
    login: async (email, password, code) => enter(await api.login(email, password, code)),
    refresh: () => api.session().then(enter),
    logout: async () => {
      await api.logout();
      setSession(null);
      setEnded(false);
      setStatus('out');
    },
  }), [session, status, error, ended, reload, enter]);

  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

export function useSessionState(): SessionState {
  const value = useContext(SessionContext);
  if (!value) throw new Error('useSessionState outside of SessionProvider');
  return value;
}

export function useSession(): Session {
  const { session } = useSessionState();
  if (!session) throw new Error('useSession without a session');
  return session;
}
