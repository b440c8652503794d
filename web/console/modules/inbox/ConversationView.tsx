import { ArrowLeftOutlined, CheckOutlined, InfoCircleOutlined, QuestionCircleOutlined, RobotOutlined, TeamOutlined, UserSwitchOutlined } from '@ant-design/icons';
import { Button, Tag, Tooltip } from 'antd';
import { Suspense, useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { Conversation } from '../../../shared/api/types.ts';
import { useActions } from '../../common/actions/Actions.tsx';
import { useI18n, type Key } from '../../common/i18n/I18n.tsx';
import { useSession } from '../../common/session/Session.tsx';
import type { TextAreaRef } from '../../common/ui/GrowingTextArea.tsx';
import { later } from '../../common/ui/later.ts';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { useQueryState } from '../../common/ui/useQueryState.ts';
import { Composer } from './Composer.tsx';
import { MessageList } from './MessageList.tsx';
import { conversationName } from './people.ts';
import { useConversation } from './useConversation.ts';
import { useConversationActions, type ConversationActions } from './useConversationActions.ts';
import { Waiting } from './Waiting.tsx';

const WhyDrawer = later(() => import('./WhyDrawer.tsx').then((module) => module.WhyDrawer));

interface ButtonRow {
  id: string;
  label: Key;
  icon: ReactNode;
  keys?: string;
  primary?: boolean;
  shown: boolean;
  run: () => void;
}

function buttonRows(conversation: Conversation, actions: ConversationActions, userId: string): ButtonRow[] {
  const resolved = conversation.state === 'resolved';
  const mine = conversation.owner_id === userId;
  return [
    { id: 'take', label: 'action.take', icon: <UserSwitchOutlined />, keys: 'a', primary: true, shown: !resolved && !mine, run: () => void actions.take() },
    { id: 'return', label: 'action.return', icon: <RobotOutlined />, keys: 'b', shown: !resolved && conversation.owner !== 'bot', run: () => void actions.returnToBot() },
    { id: 'queue', label: 'action.queue', icon: <TeamOutlined />, shown: !resolved && conversation.owner !== 'queue', run: () => void actions.handOver() },
    { id: 'resolve', label: 'action.resolve', icon: <CheckOutlined />, keys: 'e', shown: !resolved, run: () => void actions.resolve() },
    { id: 'reopen', label: 'action.reopen', icon: <UserSwitchOutlined />, keys: 'e', primary: true, shown: resolved, run: () => void actions.reopen() },
  ];
}

function StateTag({ conversation }: { conversation: Conversation }) {
  const { t } = useI18n();
  if (conversation.state === 'resolved') return <Tag>{t('state.resolved')}</Tag>;
  if (conversation.owner === 'bot') return <Tag icon={<RobotOutlined />}>{t('owner.bot')}</Tag>;
  if (conversation.owner === 'person') return <Tag color="success">{conversation.owner_name}</Tag>;
  return <Tag color="warning">{conversation.state === 'pending' ? t('state.pending') : t('owner.queue')}</Tag>;
}

interface HeadProps {
  conversation: Conversation | null;
  rows: ButtonRow[];
  backHref: string;
  phone: boolean;
  contextOpen: boolean;
  onContext: () => void;
}

function ConversationHead({ conversation, rows, backHref, phone, contextOpen, onContext }: HeadProps) {
  const { t } = useI18n();
  const Heading = phone ? 'h1' : 'h2'; /* on a phone the list with its heading is away */
  return (
    <header className="conversation-head">
      {phone && <Link href={backHref} className="icon-link" aria-label={t('inbox.back')}><ArrowLeftOutlined /></Link>}
      <div className="conversation-who">
        <Heading className="page-title">{conversation ? conversationName(conversation, t) : t('state.loading')}</Heading>
        {conversation && <StateTag conversation={conversation} />}
        {conversation?.waiting_since && conversation.state !== 'resolved' && <Waiting since={conversation.waiting_since} />}
      </div>
      <div className="conversation-actions">
        {rows.map((row) => (
          <Tooltip key={row.id} title={row.keys ? t('action.with_key', { action: t(row.label), key: row.keys.toUpperCase() }) : t(row.label)}>
            <Button type={row.primary ? 'primary' : 'default'} icon={row.icon} onClick={row.run} aria-label={t(row.label)}>
              {row.primary || (!phone && row.id === 'resolve') ? t(row.label) : null}
            </Button>
          </Tooltip>
        ))}
        <Tooltip title={t('action.with_key', { action: t('action.context'), key: 'I' })}>
          <Button type="text" icon={<InfoCircleOutlined />} onClick={onContext} aria-label={t('action.context')} aria-pressed={contextOpen} />
        </Tooltip>
      </div>
    </header>
  );
}

export interface ConversationViewProps {
  id: string;
  backHref: string;
  phone: boolean;
  contextOpen: boolean;
  onContext: () => void;
}

export function ConversationView({ id, backHref, phone, contextOpen, onContext }: ConversationViewProps) {
  const { t } = useI18n();
  const { user } = useSession();
  const { query, store, conversation, messages } = useConversation(id);
  const actions = useConversationActions(conversation);
  const input = useRef<TextAreaRef>(null);
  const [picking, setPicking] = useState(false);
  const [get, set] = useQueryState();
  const why = get('why');
  const setWhy = useCallback((message: string) => set({ why: message }), [set]);
  const lastAnswer = messages?.findLast((each) => each.role === 'bot')?.id;
  const rows = conversation ? buttonRows(conversation, actions, user.id).filter((row) => row.shown) : [];
  const section = t('section.conversation');
  const writable = conversation !== null && conversation.state !== 'resolved';

  useEffect(() => setPicking(false), [id]);
  useEffect(() => {
    if (conversation && messages && document.visibilityState === 'visible') store.markSeen(conversation);
  }, [store, conversation, messages]);

  useActions([
    ...rows.map((row) => ({ id: row.id, label: t(row.label), section, icon: row.icon, ...(row.keys ? { keys: row.keys } : {}), run: row.run })),
    { id: 'reply', label: t('action.reply'), section, keys: 'r', enabled: writable, run: () => input.current?.focus() },
    { id: 'knowledge', label: t('action.knowledge'), section, keys: '/', enabled: writable, run: () => setPicking(true) },
    { id: 'why', label: t('why.last'), section, icon: <QuestionCircleOutlined />, keys: 'w', enabled: lastAnswer !== undefined, run: () => setWhy(lastAnswer ?? '') },
    { id: 'context', label: t('action.context'), section, icon: <InfoCircleOutlined />, keys: 'i', run: onContext },
  ]);

  if (query.isError && !messages) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <>
      <ConversationHead conversation={conversation} rows={rows} backHref={backHref} phone={phone} contextOpen={contextOpen} onContext={onContext} />
      {conversation && messages
        ? <MessageList conversation={conversation} messages={messages} actions={actions} onWhy={setWhy} />
        : <div className="messages-box"><ListSkeleton rows={4} /></div>}
      {conversation && writable && (
        <Composer key={id} conversation={conversation} input={input} picking={picking} onPick={setPicking} onSend={(text) => void actions.send(text)} />
      )}
      <Suspense fallback={null}>
        <WhyDrawer conversationId={id} messageId={why || null} onClose={() => setWhy('')} />
      </Suspense>
      {conversation?.state === 'resolved' && (
        <div className="resolved-bar">
          <span className="muted">{t('inbox.resolved_hint')}</span>
          <Button onClick={() => void actions.reopen()}>{t('action.reopen')}</Button>
        </div>
      )}
    </>
  );
}
