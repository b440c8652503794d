import { DislikeOutlined, LikeOutlined, QuestionCircleOutlined, RobotOutlined } from '@ant-design/icons';
import { Avatar, Button, Tooltip } from 'antd';
import { memo } from 'react';
import type { Judgement, Message } from '../../../shared/api/types.ts';
import { systemMessage } from '../../../shared/i18n.ts';
import { useI18n, type Key, type Translate } from '../../common/i18n/I18n.tsx';
import type { PendingMessage } from '../../common/live/inboxStore.ts';
import { RichText } from '../../common/ui/RichText.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { Citations } from './Citations.tsx';
import { JudgementTags } from './JudgementTags.tsx';
import { initial, reasonText } from './people.ts';

const SYSTEM: Record<string, Key> = {
  handed_over: 'system.handed_over', taken: 'system.taken', resolved: 'system.resolved', reopened: 'system.reopened',
  returned_to_bot: 'system.returned_to_bot', pending: 'system.pending',
};

export function systemText(text: string, t: Translate): string {
  const { key, argument } = systemMessage(text);
  const known = SYSTEM[key];
  if (!known) return text;
  if (key === 'handed_over' && argument) return t('system.handed_over_reason', { reason: reasonText(argument, t) });
  return t(known, { name: argument || t('speaker.agent') });
}

/* That a machine wrote it, and by which path. */
function AiBadge({ path }: { path: Message['path'] }) {
  const { t } = useI18n();
  return (
    <Tooltip title={path ? t(`path.${path}`) : t('ai.title')}>
      <span className="ai-badge">{path ? t('ai.badge_path', { path: t(`path.short_${path}`) }) : t('ai.badge')}</span>
    </Tooltip>
  );
}

function Rated({ rating }: { rating: Message['rating'] }) {
  const { t } = useI18n();
  if (!rating) return null;
  return <span className={`rated rated-${rating} small`}>{rating === 'up' ? <LikeOutlined aria-hidden /> : <DislikeOutlined aria-hidden />} {t(`rating.${rating}`)}</span>;
}

export interface MessageRowProps {
  message: Message;
  judgement: Judgement | undefined;
  customerName: string;
  continues: boolean; /* the same speaker as just before */
  onWhy: (id: string) => void;
}

export const MessageRow = memo(function MessageRow({ message, judgement, customerName, continues, onWhy }: MessageRowProps) {
  const { t } = useI18n();
  if (message.role === 'system') return <li className="system-line">{systemText(message.text, t)} <Time at={message.at} clock /></li>;
  const isBot = message.role === 'bot';
  const name = isBot ? t('speaker.bot') : message.role === 'agent' ? message.author_name ?? t('speaker.agent') : customerName;
  return (
    <li className={`message message-${message.role}${continues ? ' is-continued' : ''}`}>
      {continues ? <span className="avatar-space" /> : (
        <Avatar size={28} aria-hidden className={`avatar avatar-${message.role}`}>{isBot ? <RobotOutlined /> : initial(name)}</Avatar>
      )}
      <div className="message-main">
        <div className={`message-head${continues ? ' is-quiet' : ''}`}>
          <span className="message-name">{name}</span>
          {(isBot || message.ai_generated) && <AiBadge path={message.path} />}
          <Time at={message.at} clock />
        </div>
        <div className="bubble"><RichText text={message.text} /></div>
        <div className="message-foot">
          {isBot && (
            <button type="button" className="link-button small" aria-haspopup="dialog" onClick={() => onWhy(message.id)}>
              <QuestionCircleOutlined aria-hidden /> {t('why.open')}
            </button>
          )}
          {judgement && <JudgementTags judgement={judgement} />}
          <Rated rating={message.rating} />
        </div>
        <Citations citations={message.citations} />
      </div>
    </li>
  );
});

export interface PendingRowProps {
  pending: PendingMessage;
  onRetry: () => void;
  onDiscard: () => void;
}

export function PendingRow({ pending, onRetry, onDiscard }: PendingRowProps) {
  const { t } = useI18n();
  return (
    <li className="message message-agent is-pending">
      <span className="avatar-space" />
      <div className="message-main">
        <div className="bubble"><RichText text={pending.text} /></div>
        {pending.failed ? (
          <div className="failed small" role="alert">
            {t('composer.not_sent')}
            <Button type="link" size="small" onClick={onRetry}>{t('composer.retry')}</Button>
            <Button type="link" size="small" danger onClick={onDiscard}>{t('composer.discard')}</Button>
          </div>
        ) : <div className="muted small">{t('composer.sending')}</div>}
      </div>
    </li>
  );
}
