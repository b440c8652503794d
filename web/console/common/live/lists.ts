/* The five lists of the inbox: what each asks of the server, and which conversations belong to it.
   A list shows what the store knows, so an event moves a conversation between lists at once. */
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Conversation } from '../../../shared/api/types.ts';
import { api } from '../api.ts';
import { useLive } from './Live.tsx';

export const FILTERS = ['mine', 'unassigned', 'all', 'bot', 'resolved'] as const;
export type Filter = (typeof FILTERS)[number];

export function isFilter(text: string | undefined): text is Filter {
  return FILTERS.some((each) => each === text);
}

interface Row {
  query: { state: string; owner: string };
  has: (conversation: Conversation, userId: string) => boolean;
}

const ACTIVE = 'open,pending,handed_over';

export const LISTS: Record<Filter, Row> = {
  mine: { query: { state: ACTIVE, owner: 'me' }, has: (each, userId) => each.state !== 'resolved' && each.owner_id === userId },
  unassigned: {
    query: { state: 'handed_over,pending', owner: 'none' },
    has: (each) => (each.state === 'handed_over' || each.state === 'pending') && each.owner === 'queue',
  },
  all: { query: { state: ACTIVE, owner: 'any' }, has: (each) => each.state !== 'resolved' },
  bot: { query: { state: 'open', owner: 'bot' }, has: (each) => each.state === 'open' && each.owner === 'bot' },
  resolved: { query: { state: 'resolved', owner: 'any' }, has: (each) => each.state === 'resolved' },
};

const PAGE_SIZE = 50;

export function useConversationList(filter: Filter) {
  const { store } = useLive();
  return useInfiniteQuery({
    queryKey: ['conversations', filter],
    queryFn: async ({ pageParam, signal }) => {
      const page = await api.conversations({ ...LISTS[filter].query, page_size: PAGE_SIZE, page_token: pageParam }, signal);
      store.upsert(page.items);
      return page;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_page_token,
  });
}

export type Sort = 'newest' | 'waiting';

export function sortConversations(items: Conversation[], sort: Sort): Conversation[] {
  const newest = (a: Conversation, b: Conversation): number => (a.updated_at < b.updated_at ? 1 : a.updated_at > b.updated_at ? -1 : a.id < b.id ? 1 : -1);
  const waits = (a: Conversation): string => a.waiting_since ?? '9999';
  return [...items].sort((a, b) => (sort === 'waiting' && waits(a) !== waits(b) ? (waits(a) < waits(b) ? -1 : 1) : newest(a, b)));
}
