/* One conversation with its messages: fetched once, then kept by the event stream. */
import { useQuery } from '@tanstack/react-query';
import { api } from '../../common/api.ts';
import { useInboxStore } from '../../common/live/Live.tsx';

export function useConversation(id: string) {
  const store = useInboxStore();
  const query = useQuery({
    queryKey: ['conversation', id],
    queryFn: async ({ signal }) => {
      const { messages, ...conversation } = await api.conversation(id, signal);
      store.upsert([conversation]);
      store.setMessages(id, messages);
      void api.judgements(id, signal).then(({ items }) => store.setJudgements(items), () => undefined); /* the conversation reads without */
      return true;
    },
    staleTime: 60_000,
  });
  return { query, store, conversation: store.get(id), messages: store.messagesOf(id), pending: store.pendingOf(id) };
}
