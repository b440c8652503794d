/* The messages of a conversation. Follows the end only while the end is being read. */
import { Button } from 'antd';
import { Fragment, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Conversation, Message } from '../../../shared/api/types.ts';
import { dayName } from '../../../shared/time.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useInboxStore } from '../../common/live/Live.tsx';
import { useNow } from '../../common/now.ts';
import { MessageRow, PendingRow } from './MessageRow.tsx';
import { conversationName } from './people.ts';
import type { ConversationActions } from './useConversationActions.ts';

const NEAR_END_PX = 60;
const GROUP_MS = 5 * 60_000;

function continues(before: Message | undefined, message: Message): boolean {
  return before !== undefined && before.role === message.role && before.author_name === message.author_name
    && Date.parse(message.at) - Date.parse(before.at) < GROUP_MS;
}

function dayOf(at: string): string {
  return new Date(at).toDateString();
}

function TypingLine({ conversation }: { conversation: Conversation }) {
  const { t } = useI18n();
  const store = useInboxStore();
  const typing = store.typingIn(conversation.id, Date.now());
  if (!typing) return null;
  const name = typing.role === 'customer' ? conversationName(conversation, t) : typing.role === 'bot' ? t('speaker.bot') : typing.name ?? t('speaker.agent');
  return <li className="typing-line muted small">{t('inbox.typing', { name })}</li>;
}

export interface MessageListProps {
  conversation: Conversation;
  messages: Message[];
  actions: ConversationActions;
  onWhy: (id: string) => void;
}

export function MessageList({ conversation, messages, actions, onWhy }: MessageListProps) {
  const { t, language } = useI18n();
  const now = useNow();
  const store = useInboxStore();
  const judgements = store.judgementsOf(conversation.id);
  const pending = store.pendingOf(conversation.id);
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [below, setBelow] = useState(0);
  const lastId = messages[messages.length - 1]?.id;
  const name = conversationName(conversation, t);

  const toEnd = (): void => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
    setBelow(0);
  };
  useLayoutEffect(() => {
    atEnd.current = true;
    toEnd();
  }, [conversation.id]);
  useLayoutEffect(() => {
    if (atEnd.current) toEnd();
    else setBelow((count) => count + 1);
  }, [lastId]);
  useLayoutEffect(() => {
    if (pending.length > 0) toEnd();
  }, [pending.length]);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const handleScroll = (): void => {
    const element = box.current;
    if (!element) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    if (atEnd.current) setBelow(0);
  };

  return (
    <div className="messages-box">
      <div className="messages" ref={box} onScroll={handleScroll} role="log" aria-live="polite" aria-label={t('inbox.messages')} tabIndex={0}>
        <ol>
          {messages.map((message, index) => {
            const before = messages[index - 1];
            const newDay = !before || dayOf(before.at) !== dayOf(message.at);
            return (
              <Fragment key={message.id}>
                {newDay && <li className="day-line"><span>{dayName(message.at, now, language)}</span></li>}
                <MessageRow message={message} judgement={judgements.get(message.id)} customerName={name} continues={!newDay && continues(before, message)} onWhy={onWhy} />
              </Fragment>
            );
          })}
          {pending.map((each) => (
            <PendingRow key={each.key} pending={each} onRetry={() => void actions.send(each.text, each.key)} onDiscard={() => actions.discard(each.key)} />
          ))}
          <TypingLine conversation={conversation} />
        </ol>
      </div>
      {below > 0 && <Button className="jump" size="small" type="primary" shape="round" onClick={toEnd}>{t('inbox.below', { n: below })}</Button>}
    </div>
  );
}
