/* The form of a new record, made from the declaration: what must be there first. */
import { Button } from 'antd';
import { useId, useState, type FormEvent } from 'react';
import { useLocation } from 'wouter';
import { ApiError } from '../../../shared/api/client.ts';
import { api, newKey } from '../../common/api.ts';
import { useI18n, type Translate } from '../../common/i18n/I18n.tsx';
import { kindOf } from '../../common/schema/editors.tsx';
import { bodyOf, labelOf, recordPath, type DeclaredField, type DeclaredObject } from '../../common/schema/objects.ts';
import { FormDrawer } from '../../common/ui/FormDrawer.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { useRecordChanges } from './useRecords.ts';

const MANY = 12; /* more than so many: the rest is folded away */

export interface NewRecordProps {
  object: DeclaredObject;
  open: boolean;
  given: (name: string) => string; /* values that came with the link */
  onClose: () => void;
  onCreated?: () => void; /* instead of opening the new record */
}

/* Fields by name, with what the server says of each. */
function faultsOf(error: unknown, t: Translate, english: boolean): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(error.fields.map((each) => [each.path.replace(/^custom[./]/, '').replace(/^[/.]/, ''), english ? each.message : t('record.value_wrong')]));
}

function orderedFields(object: DeclaredObject): DeclaredField[] {
  const fields = object.fields.filter((field) => kindOf(field));
  const rank = (field: DeclaredField): number => (field.name === object.title ? 0 : field.required && !field.default ? 1 : field.type === 'address' || field.type === 'lines' ? 3 : 2);
  return [...fields].sort((a, b) => rank(a) - rank(b));
}

interface FormProps extends NewRecordProps {
  onDone: (id: string) => void;
}

function RecordForm({ object, given, onDone }: FormProps) {
  const { t, language } = useI18n();
  const toasts = useToasts();
  const { refresh } = useRecordChanges(object);
  const fields = orderedFields(object);
  const initial = (field: DeclaredField): unknown => kindOf(field)?.draft(given(field.name) || null);
  const [drafts, setDrafts] = useState<Record<string, unknown>>(() => Object.fromEntries(fields.map((field) => [field.name, initial(field)])));
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [saving, setSaving] = useState(false);
  const [all, setAll] = useState(fields.length <= MANY);
  const [key] = useState(newKey);
  const id = useId();

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const values: Record<string, unknown> = {};
    for (const field of fields) {
      const value = kindOf(field)?.read(drafts[field.name]);
      if (value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)) values[field.name] = value;
    }
    const missing = fields.filter((field) => field.required && !field.default && values[field.name] === undefined);
    setFaults(Object.fromEntries(missing.map((field) => [field.name, t('record.needed')])));
    if (missing.length > 0) return;
    setSaving(true);
    try {
      const made = await api.createRecord(object.plural, bodyOf(object, values), key);
      refresh();
      toasts.done(t('record.created'));
      onDone(made.id);
    } catch (error) {
      setFaults(faultsOf(error, t, language === 'en'));
      setAll(true);
      toasts.failed(error, t('record.not_saved'));
    } finally {
      setSaving(false);
    }
  };
  const shown = all ? fields : fields.slice(0, MANY - 2);
  return (
    <form className="record-form" noValidate onSubmit={(event) => void submit(event)}>
      {shown.map((field, at) => {
        const kind = kindOf(field);
        const label = labelOf(field, language);
        const fault = faults[field.name];
        return kind && (
          <div key={field.name} className={`record-field${fault ? ' has-fault' : ''}`}>
            <span className="record-label" aria-hidden>{label}{field.required && !field.default && <span className="needed"> *</span>}</span>
            <kind.Editor field={field} label={label} value={drafts[field.name]} autoFocus={at === 0 && Boolean(kind.isText)}
              onChange={(next) => setDrafts((before) => ({ ...before, [field.name]: next }))} />
            {fault && <p id={`${id}-${field.name}`} className="field-error" role="alert">{fault}</p>}
          </div>
        );
      })}
      {!all && <Button type="link" onClick={() => setAll(true)}>{t('record.more_fields', { n: fields.length - shown.length })}</Button>}
      <Button type="primary" htmlType="submit" loading={saving}>{t('record.save')}</Button>
    </form>
  );
}

export function NewRecord(props: NewRecordProps) {
  const { object, open, onClose, onCreated } = props;
  const { t, language } = useI18n();
  const [, navigate] = useLocation();
  const done = (id: string): void => {
    onClose();
    if (onCreated) onCreated();
    else navigate(recordPath(object.plural, id));
  };
  return (
    <FormDrawer open={open} onClose={onClose} title={t('records.new_of', { object: labelOf(object, language) })} width={460} destroyOnHidden>
      <RecordForm {...props} onDone={done} />
    </FormDrawer>
  );
}
