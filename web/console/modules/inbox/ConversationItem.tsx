import { RobotOutlined, UserOutlined } from '@ant-design/icons';
import { Avatar } from 'antd';
import { memo } from 'react';
import { Link } from 'wouter';
import type { Conversation } from '../../../shared/api/types.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { MoodMark } from '../../common/mood/Mood.tsx';
import { conversationName, initial, reasonText } from './people.ts';
import { Waiting } from './Waiting.tsx';

function Owner({ conversation }: { conversation: Conversation }) {
  const { t } = useI18n();
  if (conversation.state === 'resolved') return <span className="item-owner">{t('state.resolved')}</span>;
  if (conversation.owner === 'bot') return <span className="item-owner"><RobotOutlined aria-hidden /> {t('owner.bot')}</span>;
  if (conversation.owner === 'person') return <span className="item-owner"><UserOutlined aria-hidden /> {conversation.owner_name}</span>;
  return <span className="item-owner">{conversation.handover_reason ? reasonText(conversation.handover_reason, t) : t('owner.queue')}</span>;
}

export interface ConversationItemProps {
  conversation: Conversation;
  href: string;
  selected: boolean;
  unread: boolean;
}

export const ConversationItem = memo(function ConversationItem({ conversation, href, selected, unread }: ConversationItemProps) {
  const { t } = useI18n();
  const name = conversationName(conversation, t);
  const last = conversation.last_message;
  return (
    <li>
      <Link href={href} className={`item${selected ? ' is-selected' : ''}${unread ? ' is-unread' : ''}`} aria-current={selected ? 'page' : undefined} data-conversation={conversation.id}>
        <Avatar size={36} className="avatar avatar-customer" aria-hidden>{initial(name)}</Avatar>
        <span className="item-main">
          <span className="item-row">
            <span className="item-name">{name}</span>
            {unread && <span className="unseen">{t('inbox.unread')}</span>}
            <Time at={last?.at ?? conversation.updated_at} />
          </span>
          <span className="item-row">
            <span className="item-text">
              {last && last.role !== 'customer' && <span className="muted">{t(`speaker.${last.role}`)} </span>}
              {last?.text ?? t('inbox.no_message')}
            </span>
            {unread && <span className="dot" aria-hidden />}
          </span>
          <span className="item-row item-foot">
            <Owner conversation={conversation} />
            <MoodMark conversation={conversation} />
            {conversation.waiting_since && conversation.state !== 'resolved' && <Waiting since={conversation.waiting_since} />}
          </span>
        </span>
      </Link>
    </li>
  );
});
