import type { Conversation } from '../../../shared/api/types.ts';
import type { Translate } from '../../common/i18n/I18n.tsx';

const REASONS = ['asked_for_person', 'nothing_found', 'misunderstood', 'angry', 'complaint', 'account_question', 'staff', 'error'] as const;

/* A reason that this console does not know yet is shown as the server names it. */
export function reasonText(reason: string, t: Translate): string {
  const known = REASONS.find((each) => each === reason);
  return known ? t(`reason.${known}`) : reason;
}

/* A visitor without a name is told apart by the end of the conversation's id. */
export function conversationName(conversation: Conversation, t: Translate): string {
  return conversation.contact_name || t('inbox.visitor', { id: conversation.id.slice(-4) });
}

export function initial(name: string): string {
  return [...name.trim()][0]?.toUpperCase() ?? '?';
}
