/* One fact of a record: reads like text, becomes a field by click or Enter, saves on Enter or when
   left, gives up on Escape. Saving shows at once; a refusal puts the old value back and says why. */
import { EditOutlined } from '@ant-design/icons';
import { Input, type InputRef } from 'antd';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { useI18n } from '../i18n/I18n.tsx';

export interface InlineFieldProps {
  label: string;
  value: string | null;
  type?: 'text' | 'email' | 'tel';
  onSave: (value: string | null) => Promise<void>;
}

export function InlineField({ label, value, type = 'text', onSave }: InlineFieldProps) {
  const { t } = useI18n();
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState('');
  const [saving, setSaving] = useState<string | null>(null);
  const input = useRef<InputRef>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const shown = saving ?? value ?? '';

  useEffect(() => {
    if (!editing) return;
    input.current?.focus();
    input.current?.select(); /* works for e-mail fields, too, which have no cursor to set */
  }, [editing]);

  const start = (): void => {
    setText(shown);
    setEditing(true);
  };
  const stop = (): void => {
    setEditing(false);
    setTimeout(() => button.current?.focus(), 0);
  };
  const save = async (): Promise<void> => {
    const next = text.trim();
    setEditing(false);
    if (next === (value ?? '')) return;
    setSaving(next);
    await onSave(next || null).finally(() => setSaving(null));
  };
  const handleKey = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      stop();
    } else if (event.key === 'Enter') {
      void save();
      setTimeout(() => button.current?.focus(), 0);
    }
  };

  return (
    <div className="fact">
      <label className="fact-label" htmlFor={id}>{label}</label>
      {editing ? (
        <Input id={id} ref={input} size="small" type={type} value={text} maxLength={254} autoComplete="off"
          onChange={(event) => setText(event.target.value)} onBlur={() => void save()} onKeyDown={handleKey} />
      ) : (
        <button id={id} ref={button} type="button" className="fact-value" onClick={start}
          aria-label={t('field.edit', { label, value: shown || t('field.empty') })}>
          <span className={shown ? '' : 'muted'}>{shown || t('field.empty')}</span>
          <EditOutlined className="fact-pencil" aria-hidden />
        </button>
      )}
    </div>
  );
}
