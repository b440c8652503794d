import { BookOutlined, FormOutlined, SendOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from 'react';
import type { Conversation, Draft } from '../../../shared/api/types.ts';
import { useActions } from '../../common/actions/Actions.tsx';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useSession } from '../../common/session/Session.tsx';
import { GrowingTextArea, type TextAreaRef } from '../../common/ui/GrowingTextArea.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { Citations } from './Citations.tsx';
import { readDraft, writeDraft } from './drafts.ts';
import { KnowledgePicker } from './KnowledgePicker.tsx';

const MAX_LENGTH = 4000;
const WARN_AT = 3800;
const TYPING_EVERY_MS = 3_000;

export interface ComposerProps {
  conversation: Conversation;
  input: RefObject<TextAreaRef | null>;
  picking: boolean;
  onPick: (open: boolean) => void;
  onSend: (text: string) => void;
}

/* Asks for a draft. It takes the place of what is written, which can be had back; it is never sent by itself. */
function useDrafting(conversationId: string, current: () => string, onText: (text: string) => void) {
  const { t } = useI18n();
  const toasts = useToasts();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [busy, setBusy] = useState(false);
  const ask = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    try {
      const made = await api.draft(conversationId);
      const before = current();
      setDraft(made);
      onText(made.text);
      if (before.trim()) {
        toasts.undoable(t('draft.replaced'), () => {
          setDraft(null);
          onText(before);
        });
      }
    } catch (error) {
      toasts.failed(error, t('draft.failed'));
    } finally {
      setBusy(false);
    }
  };
  return { draft, busy, ask, forget: () => setDraft(null) };
}

/* Mounted anew for every conversation (key = id), so the draft is read once. */
export function Composer({ conversation, input, picking, onPick, onSend }: ComposerProps) {
  const { t } = useI18n();
  const { user } = useSession();
  const [text, setText] = useState(() => readDraft(conversation.id));
  const typedAt = useRef(0);
  const now = useRef(text);
  now.current = text;
  const takesOver = conversation.owner_id !== user.id;

  useEffect(() => writeDraft(conversation.id, text), [conversation.id, text]);

  const drafting = useDrafting(conversation.id, () => now.current, (next) => {
    setText(next);
    input.current?.focus();
  });
  useActions([{ id: 'draft', label: t('draft.action'), section: t('section.conversation'), icon: <FormOutlined />, keys: 'd', enabled: !drafting.busy, run: () => void drafting.ask() }]);

  const tellTyping = (): void => {
    if (takesOver || Date.now() - typedAt.current < TYPING_EVERY_MS) return;
    typedAt.current = Date.now();
    api.typing(conversation.id).catch(() => undefined);
  };
  const change = (next: string): void => {
    if (next === '/' && text === '') {
      onPick(true);
      return;
    }
    setText(next);
    if (next === '') drafting.forget();
    tellTyping();
  };
  const send = (): void => {
    const trimmed = text.trim();
    if (!trimmed) return;
    onSend(trimmed);
    setText('');
    drafting.forget();
    input.current?.focus();
  };
  /* Enter that ends an IME composition must not send; 229 is what some browsers give it. */
  const handleKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') input.current?.blur();
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.nativeEvent.keyCode === 229) return;
    event.preventDefault();
    send();
  };
  const insert = (body: string): void => {
    onPick(false);
    setText((before) => (before ? `${before}\n${body}` : body));
    input.current?.focus();
  };
  const close = (): void => {
    onPick(false);
    input.current?.focus();
  };

  return (
    <div className="composer">
      {picking && <KnowledgePicker language={conversation.language} onInsert={insert} onClose={close} />}
      {drafting.draft && (
        <div className="draft-note">
          <span className="muted small">{t('draft.ready', { path: t(`path.short_${drafting.draft.path}`) })}</span>
          <Citations citations={drafting.draft.citations} />
        </div>
      )}
      <GrowingTextArea inputRef={input} value={text} minRows={2} maxRows={8} maxLength={MAX_LENGTH} variant="borderless"
        aria-label={t('composer.label')} placeholder={takesOver ? t('composer.placeholder_takes_over') : t('composer.placeholder')}
        onChange={(event) => change(event.target.value)} onKeyDown={handleKey} />
      <div className="composer-foot">
        <Tooltip title={t('composer.knowledge_hint')}>
          <Button type="text" size="small" icon={<BookOutlined />} onClick={() => onPick(true)}>{t('composer.knowledge')}</Button>
        </Tooltip>
        <Tooltip title={t('draft.hint')}>
          <Button type="text" size="small" icon={<FormOutlined />} loading={drafting.busy} onClick={() => void drafting.ask()}>{t('draft.button')}</Button>
        </Tooltip>
        <span className="unseen" role="status">{drafting.busy ? t('draft.busy') : ''}</span>
        <span className="muted small composer-hint">{text.length >= WARN_AT ? t('composer.left', { n: MAX_LENGTH - text.length }) : t('composer.hint')}</span>
        <Button type="primary" icon={<SendOutlined />} disabled={!text.trim()} onClick={send}>
          {takesOver ? t('composer.take_and_send') : t('composer.send')}
        </Button>
      </div>
    </div>
  );
}
