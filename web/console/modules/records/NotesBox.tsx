/* Notes on a record: written and read in one place. */
import { DeleteOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useRef, useState, type KeyboardEvent } from 'react';
import { useActions } from '../../common/actions/Actions.tsx';
import { api, newKey } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useObject, useUsers, type DeclaredObject, type RecordRow } from '../../common/schema/objects.ts';
import { useSession } from '../../common/session/Session.tsx';
import { GrowingTextArea, type TextAreaRef } from '../../common/ui/GrowingTextArea.tsx';
import { RichText } from '../../common/ui/RichText.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

const SHOWN = 50;
const MAX_CHARS = 20_000;

function NoteRow({ note, onRemove }: { note: RecordRow; onRemove: () => void }) {
  const { t } = useI18n();
  const author = useUsers().find((user) => user.id === note['owner_id'])?.name;
  return (
    <li className="note">
      <p><RichText text={String(note['body'] ?? '')} /></p>
      <p className="note-foot muted small">
        {author && <span>{t('timeline.by', { name: author })}</span>}{note.created_at && <Time at={note.created_at} />}
        <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t('notes.delete')} onClick={onRemove} />
      </p>
    </li>
  );
}

/* The field of notes that names records of this object, if there is one. */
export function useNoteField(object: DeclaredObject): string | null {
  const notes = useObject('notes');
  return notes?.fields.find((field) => field.type === 'reference' && field.target === object.plural)?.name ?? null;
}

export function NotesBox({ field, id }: { field: string; id: string }) {
  const { t } = useI18n();
  const toasts = useToasts();
  const { user } = useSession();
  const [text, setText] = useState('');
  const [key, setKey] = useState(newKey);
  const [saving, setSaving] = useState(false);
  const box = useRef<TextAreaRef>(null);
  const query = useQuery({ queryKey: ['related', 'notes', id], queryFn: ({ signal }) => api.records('notes', { filter: `${field} = "${id}"`, page_size: SHOWN }, signal) });
  const refetch = (): void => void query.refetch();

  const add = async (): Promise<void> => {
    if (!text.trim()) return;
    setSaving(true);
    try {
      await api.createRecord('notes', { body: text.trim(), [field]: id, owner_id: user.id }, key);
      setText('');
      setKey(newKey());
      refetch();
    } catch (error) {
      toasts.failed(error, t('record.not_saved'));
    } finally {
      setSaving(false);
    }
  };
  const remove = (note: RecordRow): void => void api.deleteRecord('notes', note.id).then(() => {
    refetch();
    toasts.undoable(t('notes.deleted'), () => void api.restoreRecord('notes', note.id).then(refetch, toasts.failed));
  }, toasts.failed);
  const handleKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void add();
  };
  useActions([{ id: 'write-note', label: t('notes.write'), section: t('notes.title'), keys: 'n', run: () => box.current?.focus() }]);
  return (
    <section className="card" aria-label={t('notes.title')}>
      <h2 className="section-title">{t('notes.title')}</h2>
      <div className="note-box">
        <GrowingTextArea inputRef={box} minRows={2} maxRows={10} value={text} maxLength={MAX_CHARS} placeholder={t('notes.placeholder')} aria-label={t('notes.write')} onChange={(event) => setText(event.target.value)} onKeyDown={handleKey} />
        <Button type="primary" disabled={!text.trim()} loading={saving} onClick={() => void add()}>{t('notes.add')}</Button>
      </div>
      <ul>{(query.data?.items ?? []).map((note) => <NoteRow key={note.id} note={note} onRemove={() => remove(note)} />)}</ul>
    </section>
  );
}
