/* Moods and intents as people read them: a sign and a word, colour only helps. */
import { ExclamationCircleOutlined, FrownOutlined, MehOutlined, SmileOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { Conversation, Judgement, Mood } from '../../../shared/api/types.ts';
import { useI18n, type Translate } from '../i18n/I18n.tsx';

export const MOODS: Record<Mood, ReactNode> = {
  positive: <SmileOutlined aria-hidden />, neutral: <MehOutlined aria-hidden />, negative: <FrownOutlined aria-hidden />,
};

export const INTENTS = [
  'order', 'delivery', 'return', 'refund', 'invoice', 'complaint', 'account', 'product', 'price', 'appointment', 'person', 'small_talk', 'thanks', 'other',
] as const;

/* An intent that this console does not know is shown as the server names it. */
export function intentText(intent: string, t: Translate): string {
  const known = INTENTS.find((each) => each === intent);
  return known ? t(`intent.${known}`) : intent;
}

export const ASPECTS = ['delivery', 'price', 'quality', 'service', 'app', 'refund', 'packaging', 'fit', 'food', 'room'] as const;

export function aspectText(aspect: string, t: Translate): string {
  const known = ASPECTS.find((each) => each === aspect);
  return known ? t(`aspect.${known}`) : aspect;
}

export function moodOf(judgement: Judgement): Mood {
  return judgement.corrected_mood ?? judgement.mood;
}

export function UrgentMark() {
  const { t } = useI18n();
  return <span className="mood mood-urgent small"><ExclamationCircleOutlined aria-hidden /> {t('mood.urgent')}</span>;
}

/* In the list: what stands out. A neutral mood says nothing. */
export function MoodMark({ conversation }: { conversation: Conversation }) {
  const { t } = useI18n();
  const { mood } = conversation;
  if (conversation.state === 'resolved') return null;
  return (
    <>
      {mood && mood !== 'neutral' && <span className={`mood mood-${mood} small`}>{MOODS[mood]} {t(`mood.${mood}`)}</span>}
      {conversation.urgent && <UrgentMark />}
    </>
  );
}
