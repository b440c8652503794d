/* The clerk's home: list, conversation, context. One pane at a time on a phone. */
import { Drawer } from 'antd';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { Conversation } from '../../../shared/api/types.ts';
import { useActions } from '../../common/actions/Actions.tsx';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useInboxStore, usePageTitle } from '../../common/live/Live.tsx';
import type { Filter, Sort } from '../../common/live/lists.ts';
import { setPrefs, usePrefs } from '../../common/prefs.ts';
import { EmptyState } from '../../common/ui/States.tsx';
import { PHONE, useMedia, WIDE } from '../../common/ui/useMedia.ts';
import { useQueryState } from '../../common/ui/useQueryState.ts';
import { ContextPane } from './ContextPane.tsx';
import { ConversationList, useRows } from './ConversationList.tsx';
import { ConversationView } from './ConversationView.tsx';
import { conversationName } from './people.ts';

export interface InboxProps {
  filter: Filter;
  id: string | null;
}

function useMoves(filter: Filter, sort: Sort, id: string | null): void {
  const { t } = useI18n();
  const [, navigate] = useLocation();
  const rows = useRows(filter, sort);
  const section = t('section.inbox');
  const move = (step: number): void => {
    const at = rows.findIndex((each) => each.id === id);
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
    if (!next) return;
    navigate(`/inbox/${filter}/${next.id}${sort === 'waiting' ? '?sort=waiting' : ''}`, { replace: id !== null });
    requestAnimationFrame(() => document.querySelector(`[data-conversation="${next.id}"]`)?.scrollIntoView({ block: 'nearest' }));
  };
  useActions([
    { id: 'next', label: t('action.next'), section, keys: 'j', enabled: rows.length > 0, run: () => move(1) },
    { id: 'previous', label: t('action.previous'), section, keys: 'k', enabled: rows.length > 0, run: () => move(-1) },
  ]);
}

const KEYS = [['take', 'a'], ['reply', 'r'], ['resolve', 'e'], ['return', 'b'], ['knowledge', '/'], ['context', 'i']] as const;

/* While no conversation is open, the map of the keyboard tells what can be done with one. */
function useKeysOfConversation(shown: boolean): void {
  const { t } = useI18n();
  const section = t('section.conversation');
  useActions(shown ? KEYS.map(([id, keys]) => ({ id, label: t(`action.${id}`), section, keys, enabled: false, run: () => undefined })) : []);
}

interface ContextProps {
  conversation: Conversation | null;
  wide: boolean;
  phone: boolean;
  open: boolean;
  onClose: () => void;
}

/* Beside the conversation where there is room, else a drawer over it. */
function Context({ conversation, wide, phone, open, onClose }: ContextProps) {
  const { t } = useI18n();
  const pane = conversation && <ContextPane key={conversation.id} conversation={conversation} />;
  if (wide) return open ? <aside className="pane pane-context" aria-label={t('inbox.context')}>{pane}</aside> : null;
  return (
    <Drawer open={open && conversation !== null} onClose={onClose} title={t('inbox.context')} size={phone ? '100%' : 360} destroyOnHidden>
      {pane}
    </Drawer>
  );
}

export function Inbox({ filter, id }: InboxProps) {
  const { t } = useI18n();
  const [get, set] = useQueryState();
  const sort: Sort = get('sort') === 'waiting' ? 'waiting' : 'newest';
  const phone = useMedia(PHONE);
  const wide = useMedia(WIDE);
  const prefs = usePrefs();
  const [drawer, setDrawer] = useState(false);
  const conversation = useInboxStore().get(id ?? '');
  useMoves(filter, sort, id);
  useKeysOfConversation(id === null);
  usePageTitle(conversation ? conversationName(conversation, t) : t('nav.inbox'));

  const contextOpen = wide ? prefs.context : drawer;
  const toggleContext = (): void => (wide ? setPrefs({ context: !prefs.context }) : setDrawer(!drawer));
  const showList = !phone || !id;

  return (
    <div className={`inbox${wide && contextOpen && id ? ' has-context' : ''}`}>
      {showList && (
        <ConversationList filter={filter} sort={sort} selectedId={id} onSort={(next) => set({ sort: next === 'waiting' ? 'waiting' : '' })} />
      )}
      {(id || !phone) && (
        <section className="pane pane-conversation" aria-label={t('inbox.conversation')}>
          {id
            ? <ConversationView key={id} id={id} backHref={`/inbox/${filter}`} phone={phone} contextOpen={contextOpen} onContext={toggleContext} />
            : <EmptyState title={t('inbox.choose')} hint={t('inbox.choose_hint')} />}
        </section>
      )}
      {id && <Context conversation={conversation} wide={wide} phone={phone} open={contextOpen} onClose={() => setDrawer(false)} />}
    </div>
  );
}
