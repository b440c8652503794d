/* The objects of the organisation and their fields: invented, widened, taken away and brought back, all while everybody works. */
import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, Tag } from 'antd';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ApiError } from '../../../shared/api/client.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { labelOf, listPath, typeText, useObjects, type DeclaredField, type DeclaredObject } from '../../common/schema/objects.ts';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { FormDrawer } from '../../common/ui/FormDrawer.tsx';
import { FieldForm } from './FieldForm.tsx';
import { bodyOfField, nameFrom, NEW_FIELD, pluralOf, type FieldDraft } from './fields.ts';
import { useChange } from './useChange.ts';

/* What the server says of single values stands below the form. */
function Faults({ error }: { error: unknown }) {
  if (!(error instanceof ApiError) || error.fields.length === 0) return null;
  return <ul className="field-error" role="alert">{error.fields.map((each) => <li key={each.path + each.message}>{`${each.path}: ${each.message}`}</li>)}</ul>;
}

/* ---- objects ---- */

function InventDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const change = useChange(['objects']);
  const [, navigate] = useLocation();
  const [labels, setLabels] = useState({ label_zh: '', label_en: '' });
  const [own, setOwn] = useState({ name: '', plural: '' });
  const [fields, setFields] = useState<FieldDraft[]>([NEW_FIELD]);
  const [fault, setFault] = useState<unknown>(null);
  const name = own.name || nameFrom(labels.label_en);
  const plural = own.plural || pluralOf(name);
  const save = async (): Promise<void> => {
    const used = fields.filter((field) => field.label_zh.trim() || field.label_en.trim()).map(bodyOfField);
    const failed = await change(() => api.createObject({ name, plural, ...labels, fields: used }), t('settings.object_made'), () => api.deleteObject(plural));
    setFault(failed);
    if (failed) return;
    onClose();
    navigate(`/settings/objects/${plural}`);
  };
  const texts = [
    ['settings.object_zh', labels.label_zh, (text: string) => setLabels({ ...labels, label_zh: text })], ['settings.object_en', labels.label_en, (text: string) => setLabels({ ...labels, label_en: text })],
    ['settings.object_name', name, (text: string) => setOwn({ ...own, name: text })], ['settings.object_plural', plural, (text: string) => setOwn({ ...own, plural: text })],
  ] as const;
  return (
    <FormDrawer onClose={onClose} title={t('settings.invent')} width={560}>
      <div className="field-form">
        {texts.map(([key, value, set]) => <Input key={key} value={value} maxLength={60} placeholder={t(key)} aria-label={t(key)} onChange={(event) => set(event.target.value)} />)}
      </div>
      {fields.map((field, at) => (
        <fieldset key={at} className="field-set">
          <legend className="muted small">{t('fields.number', { n: at + 1 })}</legend>
          <FieldForm draft={field} isNew onChange={(next) => setFields(fields.map((each, index) => (index === at ? next : each)))} />
        </fieldset>
      ))}
      <Button size="small" icon={<PlusOutlined />} onClick={() => setFields([...fields, NEW_FIELD])}>{t('fields.add')}</Button>
      <Faults error={fault} />
      <div className="editor-foot"><Button type="primary" disabled={!name || !plural} onClick={() => void save()}>{t('settings.invent_done')}</Button></div>
    </FormDrawer>
  );
}

function ObjectList({ objects }: { objects: DeclaredObject[] }) {
  const { t, language } = useI18n();
  const [open, setOpen] = useState(false);
  return (
    <section className="card" aria-label={t('settings.objects')}>
      <h2 className="section-title">{t('settings.objects')}</h2>
      <ul>
        {objects.map((object) => (
          <li key={object.plural} className="related-row">
            <Link href={`/settings/objects/${object.plural}`}>{labelOf(object, language)}</Link>
            <span className="related-facts muted small">{object.invented && <Tag>{t('settings.invented')}</Tag>}<code>{object.plural}</code></span>
          </li>
        ))}
      </ul>
      <div className="editor-foot"><Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen(true)}>{t('settings.invent')}</Button></div>
      {open && <InventDrawer onClose={() => setOpen(false)} />}
    </section>
  );
}

/* ---- the fields of one ---- */

function FieldDrawer({ object, field, onClose }: { object: DeclaredObject; field: DeclaredField | null; onClose: () => void }) {
  const { t } = useI18n();
  const change = useChange(['objects']);
  const [draft, setDraft] = useState<FieldDraft>(field ? { ...field, target: field.target ?? '' } : NEW_FIELD);
  const [fault, setFault] = useState<unknown>(null);
  const part = ({ label_zh, label_en, required, choices }: FieldDraft | DeclaredField) => ({ label_zh, label_en, required, ...(choices.length > 0 ? { choices } : {}) });
  const save = async (): Promise<void> => {
    const body = bodyOfField(draft);
    const name = field?.name ?? body.name ?? '';
    const failed = field
      ? await change(() => api.updateField(object.plural, name, part(draft)), t('fields.saved'), () => api.updateField(object.plural, name, part(field)))
      : await change(() => api.createField(object.plural, body), t('fields.made'), () => api.deleteField(object.plural, name));
    setFault(failed);
    if (!failed) onClose();
  };
  return (
    <FormDrawer onClose={onClose} title={t(field ? 'fields.edit' : 'fields.add')} width={460}>
      <FieldForm draft={draft} isNew={!field} onChange={setDraft} />
      <Faults error={fault} />
      <div className="editor-foot"><Button type="primary" onClick={() => void save()}>{t('record.save')}</Button></div>
    </FormDrawer>
  );
}

function FieldRow({ object, field, onEdit }: { object: DeclaredObject; field: DeclaredField; onEdit: () => void }) {
  const { t, language } = useI18n();
  const change = useChange(['objects']);
  const name = labelOf(field, language);
  const remove = (): void => void change(() => api.deleteField(object.plural, field.name), t('fields.deleted', { name }), () => api.restoreField(object.plural, field.name));
  return (
    <tr>
      <th scope="row">{name}{field.required && <span className="needed"> *</span>}</th>
      <td><code>{field.name}</code></td>
      <td>{typeText(field.type, t)}</td>
      <td>
        {field.custom && (
          <>
            <Button type="text" size="small" icon={<EditOutlined />} aria-label={t('fields.edit_one', { name })} onClick={onEdit} />
            <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t('fields.delete', { name })} onClick={remove} />
          </>
        )}
      </td>
    </tr>
  );
}

function ObjectLabels({ object }: { object: DeclaredObject }) {
  const { t, language } = useI18n();
  const change = useChange(['objects']);
  const [, navigate] = useLocation();
  const before = { label_zh: object.label_zh, label_en: object.label_en };
  const [labels, setLabels] = useState(before);
  const isChanged = labels.label_zh !== object.label_zh || labels.label_en !== object.label_en;
  const save = (): void => void change(() => api.updateObject(object.plural, labels), t('settings.saved'), () => api.updateObject(object.plural, before));
  const remove = async (): Promise<void> => {
    const failed = await change(() => api.deleteObject(object.plural), t('settings.object_deleted', { name: labelOf(object, language) }), () => api.restoreObject(object.plural));
    if (!failed) navigate('/settings/objects');
  };
  return (
    <div className="toolbar">
      <Input className="toolbar-select" value={labels.label_zh} maxLength={60} aria-label={t('settings.object_zh')} onChange={(event) => setLabels({ ...labels, label_zh: event.target.value })} />
      <Input className="toolbar-select" value={labels.label_en} maxLength={60} aria-label={t('settings.object_en')} onChange={(event) => setLabels({ ...labels, label_en: event.target.value })} />
      <Button disabled={!isChanged} onClick={save}>{t('record.save')}</Button>
      <Button danger icon={<DeleteOutlined />} onClick={() => void remove()}>{t('settings.object_delete')}</Button>
    </div>
  );
}

function ObjectFields({ object }: { object: DeclaredObject }) {
  const { t, language } = useI18n();
  const [editing, setEditing] = useState<DeclaredField | 'new' | null>(null);
  const label = labelOf(object, language);
  return (
    <section className="card" aria-label={label}>
      <h2 className="section-title">{label}</h2>
      <div className="toolbar"><Link href="/settings/objects">{t('settings.all_objects')}</Link><Link href={listPath(object.plural)}>{t('settings.open_list')}</Link></div>
      {object.invented && <ObjectLabels key={object.label_zh + object.label_en} object={object} />}
      <div className="table-box" tabIndex={0} role="region" aria-label={t('fields.title')}>
        <table className="plain-table">
          <thead><tr><th scope="col">{t('fields.label')}</th><th scope="col">{t('fields.name')}</th><th scope="col">{t('fields.type')}</th><th scope="col"><span className="unseen">{t('fields.actions')}</span></th></tr></thead>
          <tbody>{object.fields.filter((field) => field.name !== 'custom').map((field) => <FieldRow key={field.name} object={object} field={field} onEdit={() => setEditing(field)} />)}</tbody>
        </table>
      </div>
      <div className="editor-foot"><Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>{t('fields.add')}</Button></div>
      {editing && <FieldDrawer object={object} field={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </section>
  );
}

export function ObjectsPage({ plural }: { plural: string | undefined }) {
  const { query, objects } = useObjects();
  if (query.isPending) return <ListSkeleton />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const object = objects.find((each) => each.plural === plural);
  return object ? <ObjectFields key={object.plural} object={object} /> : <ObjectList objects={objects} />;
}
