/* A value being changed where it stands: Enter saves, Escape gives up, leaving saves. A refusal is told right here, and what was typed
   stays. */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { ApiError } from '../../../shared/api/client.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { kindOf } from '../../common/schema/editors.tsx';
import { expandedOf, labelOf, valueOf, type DeclaredField, type DeclaredObject, type RecordRow } from '../../common/schema/objects.ts';
import { faultText } from '../../common/ui/fault.ts';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { useRecordChanges } from './useRecords.ts';

export interface CellEditorProps {
  object: DeclaredObject;
  row: RecordRow;
  field: DeclaredField;
  onDone: () => void;
}

export function CellEditor({ object, row, field, onDone }: CellEditorProps) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const toasts = useToasts();
  const { set } = useRecordChanges(object);
  const kind = kindOf(field);
  const before = valueOf(object, row, field);
  const [draft, setDraft] = useState(() => kind?.draft(before));
  const [fault, setFault] = useState<string | null>(null);
  const closed = useRef(false);
  const isOpen = useRef(true);

  useEffect(() => {
    isOpen.current = true;
    return () => { isOpen.current = false; };
  }, []);
  if (!kind) return null;

  const label = labelOf(field, language);
  const finish = (): void => {
    closed.current = true;
    onDone();
  };
  const save = async (next: unknown, known?: RecordRow | null): Promise<void> => {
    const value = kind.read(next);
    if (closed.current) return;
    if (JSON.stringify(value) === JSON.stringify(before ?? null) || (Array.isArray(value) && value.length === 0 && before === null)) return finish();
    closed.current = true;
    const related = expandedOf(row, field);
    try {
      await set(row, field, value, known);
      onDone();
      toasts.undoable(t('record.saved', { field: label }), () => void set(row, field, before, related).catch(toasts.failed));
    } catch (error) {
      const told = error instanceof ApiError ? error.fields.find((each) => each.path.replace(/^custom[./]/, '') === field.name)?.message : undefined;
      closed.current = false;
      if (isOpen.current) setFault(language === 'en' && told ? told : faultText(error, i18n));
      else toasts.failed(error, t('record.not_saved'));
    }
  };
  const handleKey = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    event.stopPropagation();
    if (event.key === 'Escape') finish();
    else if (event.key === 'Enter' && kind.isText && (field.type !== 'tags' && field.type !== 'multi_choice')) void save(draft);
    else if (event.key === 'Enter' && field.type === 'long_text' && (event.ctrlKey || event.metaKey)) void save(draft);
  };
  const change = (next: unknown, known?: RecordRow | null): void => {
    setDraft(next);
    setFault(null);
    if (!kind.isText && kind.inCell) void save(next, known);
  };
  return (
    <div className="cell-editor" onKeyDown={handleKey} role="presentation">
      <kind.Editor field={field} label={label} value={draft} known={expandedOf(row, field)} autoFocus onChange={change} onBlur={() => void save(draft)} />
      {fault && <p className="field-error" role="alert">{fault}</p>}
    </div>
  );
}
