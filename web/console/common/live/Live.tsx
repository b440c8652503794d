/* One event stream for the whole inbox, as long as somebody is logged in. Fills the store, tells of
   waiting chats by sound and title, and says when the connection is away. */
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { EventStream, type ServerEvent, type StreamStatus } from '../../../shared/api/sse.ts';
import type { Conversation, ConversationCounts, Judgement, Message, Rating, Token, Typing } from '../../../shared/api/types.ts';
import { api } from '../api.ts';
import { useI18n } from '../i18n/I18n.tsx';
import { sessionLost, useSession } from '../session/Session.tsx';
import { beep, listenForGesture } from './announce.ts';
import { InboxStore } from './inboxStore.ts';

interface Live {
  store: InboxStore;
  status: StreamStatus;
  online: boolean;
}

const COUNTS = ['conversations', 'counts'];
const NONE: ConversationCounts = { mine: 0, unassigned: 0, waiting: 0 };
const RECOUNT_MS = 200;

const LiveContext = createContext<Live | null>(null);

export function isWaiting(conversation: Conversation, userId: string): boolean {
  const wanted = conversation.owner === 'queue' || conversation.owner_id === userId;
  return conversation.waiting_since !== null && wanted && conversation.state !== 'resolved';
}

function announceState(store: InboxStore, next: Conversation, userId: string): void {
  const before = store.get(next.id);
  if (isWaiting(next, userId) && !(before && isWaiting(before, userId))) beep('waiting');
}

function receive(store: InboxStore, userId: string, { event, data }: ServerEvent): void {
  const value: unknown = JSON.parse(data);
  if (event === 'state') {
    announceState(store, value as Conversation, userId);
    store.upsert([value as Conversation]);
  } else if (event === 'message') {
    const message = value as Message;
    const mine = store.get(message.conversation_id)?.owner_id === userId;
    if (mine && message.role === 'customer') beep('message');
    store.addMessage(message);
  } else if (event === 'typing') {
    store.setTyping(value as Typing);
  } else if (event === 'token') {
    store.setTyping({ conversation_id: (value as Token).conversation_id, role: 'bot', name: null });
  } else if (event === 'rating') {
    store.setRating(value as Rating);
  } else if (event === 'judgement') {
    store.setJudgements([value as Judgement]);
  }
}

/* What was missed, or failed, while the connection was away is fetched again. */
function refetch(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: ['conversations'] });
  void client.invalidateQueries({ queryKey: ['conversation'] });
  void client.invalidateQueries({ queryKey: ['notifications'] });
  void client.refetchQueries({ type: 'active', predicate: (query) => query.state.status === 'error' });
}

/* Counted again a moment after something moved, once for all that moved until then. */
function useRecount(): () => void {
  const client = useQueryClient();
  const timer = useRef<number | null>(null);
  return useCallback(() => {
    timer.current ??= window.setTimeout(() => {
      timer.current = null;
      void client.invalidateQueries({ queryKey: COUNTS });
    }, RECOUNT_MS);
  }, [client]);
}

function subscribeOnline(listener: () => void): () => void {
  window.addEventListener('online', listener);
  window.addEventListener('offline', listener);
  return () => {
    window.removeEventListener('online', listener);
    window.removeEventListener('offline', listener);
  };
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const { user } = useSession();
  const client = useQueryClient();
  const store = useMemo(() => new InboxStore(), []);
  const recount = useRecount();
  const [status, setStatus] = useState<StreamStatus>('connecting');
  const online = useSyncExternalStore(subscribeOnline, () => navigator.onLine);

  useEffect(() => {
    const stream = new EventStream({
      path: '/events',
      onEvent: (event) => {
        if (event.event === 'notification') void client.invalidateQueries({ queryKey: ['notifications'] });
        else receive(store, user.id, event);
        if (event.event === 'state') recount();
      },
      onStatus: setStatus,
      onResumed: () => refetch(client),
      onRefused: (code) => {
        if (code === 401) sessionLost();
      },
    });
    const again = (): void => stream.retryNow();
    window.addEventListener('online', again);
    const deaf = listenForGesture();
    return () => {
      stream.close();
      window.removeEventListener('online', again);
      deaf();
    };
  }, [store, client, user.id, recount]);

  const value = useMemo(() => ({ store, status, online }), [store, status, online]);
  return (
    <LiveContext.Provider value={value}>
      <WaitingTitle />
      {children}
    </LiveContext.Provider>
  );
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('useLive outside of LiveProvider');
  return live;
}

/* The store, and a re-render whenever it changes. */
export function useInboxStore(): InboxStore {
  const { store } = useLive();
  useSyncExternalStore(store.subscribe, store.version);
  return store;
}

/* How many there are in all, which only the server knows: lists are loaded page by page. */
export function useConversationCounts(): ConversationCounts {
  return useQuery({ queryKey: COUNTS, queryFn: ({ signal }) => api.conversationCounts(signal) }).data ?? NONE;
}

export function useWaitingCount(): number {
  return useConversationCounts().waiting;
}

let pageTitle = '';
const titleListeners = new Set<() => void>();

function setPageTitle(title: string): void {
  pageTitle = title;
  for (const listener of titleListeners) listener();
}

function subscribeTitle(listener: () => void): () => void {
  titleListeners.add(listener);
  return () => titleListeners.delete(listener);
}

export function usePageTitle(title: string): void {
  useEffect(() => setPageTitle(title), [title]);
}

function WaitingTitle() {
  const { t } = useI18n();
  const waiting = useWaitingCount();
  const title = useSyncExternalStore(subscribeTitle, () => pageTitle);
  useEffect(() => {
    const name = title ? t('app.title_page', { page: title }) : t('app.name');
    document.title = waiting > 0 ? t('app.title_waiting', { n: waiting, title: name }) : name;
  }, [title, waiting, t]);
  return null;
}
