/* What a clerk does with a conversation. Each shows at once and is taken back when the server
   refuses; resolving can be undone for ten seconds. */
import { useMemo } from 'react';
import { ApiError } from '../../../shared/api/client.ts';
import type { Conversation } from '../../../shared/api/types.ts';
import { api, newKey } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useLive } from '../../common/live/Live.tsx';
import { useSession } from '../../common/session/Session.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

export interface ConversationActions {
  take: (force?: boolean) => Promise<boolean>;
  returnToBot: () => Promise<boolean>;
  handOver: () => Promise<boolean>;
  resolve: () => Promise<boolean>;
  reopen: () => Promise<boolean>;
  send: (text: string, key?: string) => Promise<void>;
  discard: (key: string) => void;
}

export function useConversationActions(conversation: Conversation | null): ConversationActions {
  const { t } = useI18n();
  const { user } = useSession();
  const { store } = useLive();
  const toasts = useToasts();

  return useMemo(() => {
    const id = conversation?.id ?? '';
    const now = (): Conversation | null => store.get(id);

    /* `shown` is what the screen says until the server has answered. */
    const change = async (shown: Partial<Conversation>, run: () => Promise<Conversation>, onError?: (error: unknown) => boolean): Promise<boolean> => {
      const before = now();
      if (!before) return false;
      store.upsert([{ ...before, ...shown }]);
      try {
        store.upsert([await run()]);
        return true;
      } catch (error) {
        store.upsert([before]);
        if (!onError?.(error)) toasts.failed(error, t('action.failed'));
        return false;
      }
    };
    const mine: Partial<Conversation> = { state: 'handed_over', owner: 'person', owner_id: user.id, owner_name: user.name };

    const take = (force = false): Promise<boolean> => change(mine, () => api.take(id, force), (error) => {
      if (!(error instanceof ApiError) || error.code !== 'taken') return false;
      toasts.offer(t('action.taken_by', { name: now()?.owner_name ?? t('speaker.agent') }), t('action.take_anyway'), () => void take(true));
      return true;
    });
    const reopen = (): Promise<boolean> => change(mine, () => api.reopen(id));
    const resolve = async (): Promise<boolean> => {
      const done = await change({ state: 'resolved', waiting_since: null }, () => api.resolve(id));
      if (done) toasts.undoable(t('action.resolved'), () => void reopen());
      return done;
    };
    const fail = (key: string, failed: boolean): void =>
      store.setPending(id, store.pendingOf(id).map((each) => (each.key === key ? { ...each, failed } : each)));
    const discard = (key: string): void => store.setPending(id, store.pendingOf(id).filter((each) => each.key !== key));

    const send = async (text: string, key = newKey()): Promise<void> => {
      if (store.pendingOf(id).some((each) => each.key === key)) fail(key, false);
      else store.setPending(id, [...store.pendingOf(id), { key, text, failed: false }]);
      if (now()?.owner_id !== user.id && !(await take())) {
        fail(key, true);
        return;
      }
      try {
        const answer = await api.sendMessage(id, text, key);
        store.addMessage(answer.message);
        discard(key);
      } catch (error) {
        fail(key, true);
        toasts.failed(error, t('composer.not_sent'));
      }
    };

    return {
      take, resolve, reopen, send, discard,
      returnToBot: () => change({ state: 'open', owner: 'bot', owner_id: null, owner_name: null, waiting_since: null }, () => api.returnToBot(id)),
      handOver: () => change({ state: 'handed_over', owner: 'queue', owner_id: null, owner_name: null }, () => api.handOver(id)),
    };
  }, [conversation?.id, store, toasts, t, user.id, user.name]);
}
