import type { Conversation } from '../../../shared/api/types.ts';
import type { Translate } from '../../common/i18n/I18n.tsx';

/* A visitor without a name is told apart by the end of the conversation's id. */
export function conversationName(conversation: Conversation, t: Translate): string {
  return conversation.contact_name || t('inbox.visitor', { id: conversation.id.slice(-4) });
}

export function initial(name: string): string {
  return [...name.trim()][0]?.toUpperCase() ?? '?';
}
