/* What can be done to many records at once. Everything here can be undone. */
import { DeleteOutlined, EditOutlined, UndoOutlined } from '@ant-design/icons';
import { Button, Popover, Select } from 'antd';
import { useState } from 'react';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { kindOf } from '../../common/schema/editors.tsx';
import { bodyOf, labelOf, may, valueOf, type DeclaredField, type DeclaredObject, type RecordRow } from '../../common/schema/objects.ts';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { useRecordChanges } from './useRecords.ts';

const MAX_BULK = 1000;
const AT_ONCE = 8;

/* A thousand at a time; the answer tells of each. */
async function inParts<T>(items: T[], send: (part: T[]) => Promise<{ items: { status: number }[] }>): Promise<number> {
  let failed = 0;
  for (let at = 0; at < items.length; at += MAX_BULK) {
    const answer = await send(items.slice(at, at + MAX_BULK));
    failed += answer.items.filter((each) => each.status >= 400).length;
  }
  return failed;
}

/* There is no call that brings many back. */
async function restoreAll(object: string, ids: string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += AT_ONCE) await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => api.restoreRecord(object, id)));
}

interface SetFieldProps {
  object: DeclaredObject;
  onSet: (field: DeclaredField, value: unknown) => void;
}

/* Tags are added to those that are there; any other value takes the place of the old one. */
function SetField({ object, onSet }: SetFieldProps) {
  const { t, language } = useI18n();
  const fields = object.fields.filter((field) => kindOf(field)?.inCell && !field.unique);
  const [field, setField] = useState<DeclaredField | null>(fields.find((each) => each.name === 'owner_id') ?? fields[0] ?? null);
  const [draft, setDraft] = useState<unknown>(null);
  const kind = field ? kindOf(field) : null;
  const choose = (name: string): void => {
    const next = fields.find((each) => each.name === name) ?? null;
    setField(next);
    setDraft(next ? kindOf(next)?.draft(null) : null);
  };
  return (
    <div className="bulk-set" role="dialog" aria-label={t('bulk.set')}>
      <Select<string> showSearch={{ optionFilterProp: 'label' }} className="editor" value={field?.name ?? ''} aria-label={t('filter_by.field')} options={fields.map((each) => ({ value: each.name, label: labelOf(each, language) }))} onChange={choose} />
      {field && kind && <kind.Editor key={field.name} field={{ ...field, required: false }} label={t('filter_by.value', { field: labelOf(field, language) })} value={draft} onChange={setDraft} />}
      {field?.type === 'tags' && <p className="muted small">{t('bulk.tags_added')}</p>}
      <Button type="primary" disabled={!field || !kind} onClick={() => field && kind && onSet(field, kind.read(draft))}>{t('bulk.apply')}</Button>
    </div>
  );
}

function newValue(object: DeclaredObject, row: RecordRow, field: DeclaredField, value: unknown): unknown {
  if (field.type !== 'tags') return value;
  const before = valueOf(object, row, field);
  return [...new Set([...(Array.isArray(before) ? before : []), ...(value as unknown[])])];
}

export interface BulkBarProps {
  object: DeclaredObject;
  rows: RecordRow[]; /* the chosen ones */
  isDeleted: boolean;
  onDone: () => void;
}

export function BulkBar({ object, rows, isDeleted, onDone }: BulkBarProps) {
  const { t, language } = useI18n();
  const toasts = useToasts();
  const { refresh } = useRecordChanges(object);
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const n = rows.length;

  const run = async (work: () => Promise<number>, done: string, undo: (() => Promise<unknown>) | null): Promise<void> => {
    setBusy(true);
    try {
      const failed = await work();
      onDone();
      if (failed > 0) toasts.failed(new Error(), t('bulk.some_failed', { n: failed }));
      else if (undo) toasts.undoable(done, () => void undo().then(refresh, toasts.failed));
      else toasts.done(done);
    } catch (error) {
      toasts.failed(error, t('record.not_saved'));
    } finally {
      setBusy(false);
      refresh();
    }
  };
  const update = (made: (row: RecordRow) => object) => () => inParts(rows.map(made), (part) => api.bulk(object.plural, { update: part }));
  const set = (field: DeclaredField, value: unknown): void => {
    setOpen(false);
    const body = (row: RecordRow, next: unknown): object => ({ id: row.id, ...bodyOf(object, { [field.name]: next }) });
    void run(update((row) => body(row, newValue(object, row, field, value))), t('bulk.set_done', { n, field: labelOf(field, language) }), update((row) => body(row, valueOf(object, row, field))));
  };
  const ids = rows.map((row) => row.id);
  const remove = (): void => void run(() => inParts(ids, (part) => api.bulk(object.plural, { delete: part })), t('bulk.deleted', { n }), () => restoreAll(object.plural, ids));
  const restore = (): void => void run(async () => { await restoreAll(object.plural, ids); return 0; }, t('bulk.restored', { n }), null);

  return (
    <div className="bulk-bar" role="toolbar" aria-label={t('bulk.title')}>
      <strong>{t('bulk.selected', { n })}</strong>
      {isDeleted ? <Button icon={<UndoOutlined />} loading={busy} onClick={restore}>{t('record.restore')}</Button> : (
        <>
          <Popover open={open} onOpenChange={setOpen} trigger="click" placement="bottomLeft" arrow={false} content={<SetField object={object} onSet={set} />}>
            <Button icon={<EditOutlined />} loading={busy} aria-haspopup="dialog" aria-expanded={open}>{t('bulk.set')}</Button>
          </Popover>
          {may(object, 'delete') && <Button danger icon={<DeleteOutlined />} loading={busy} onClick={remove}>{t('record.delete')}</Button>}
        </>
      )}
      <Button type="text" onClick={onDone}>{t('bulk.clear')}</Button>
    </div>
  );
}
