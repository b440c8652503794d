/* All fields of a record by declaration, each editable where it stands. */
import { EditOutlined } from '@ant-design/icons';
import { useEffect, useRef, useState } from 'react';
import { useActions } from '../../common/actions/Actions.tsx';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { kindOf } from '../../common/schema/editors.tsx';
import { labelOf, shownFields, useUsers, valueOf, type DeclaredField, type DeclaredObject, type RecordRow } from '../../common/schema/objects.ts';
import { Value, valueText } from '../../common/schema/Value.tsx';
import { CellEditor } from './CellEditor.tsx';

const APART = ['reference', 'url', 'tags', 'multi_choice', 'lines']; /* more than a text, or a link itself: the pencil edits */

interface FactProps {
  object: DeclaredObject;
  row: RecordRow;
  field: DeclaredField;
  isEditing: boolean;
  canWrite: boolean;
  onEdit: (isOn: boolean) => void;
}

function LineTable({ value }: { value: unknown }) {
  const { t } = useI18n();
  if (!Array.isArray(value) || value.length === 0) return null;
  return (
    <table className="lines-table">
      <thead><tr><th scope="col">{t('lines.product')}</th><th scope="col">{t('lines.quantity')}</th><th scope="col">{t('lines.price')}</th></tr></thead>
      <tbody>
        {(value as Record<string, unknown>[]).map((line, at) => (
          <tr key={at}><td>{String(line['name'] ?? '')}</td><td>{String(line['quantity'] ?? '')}</td><td>{String(line['price'] ?? '')}</td></tr>
        ))}
      </tbody>
    </table>
  );
}

function isNothing(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/* What a screen reader hears of the value. The name of a related record is on the link beside the pencil. */
function useSaid(object: DeclaredObject, row: RecordRow, field: DeclaredField): string {
  const i18n = useI18n();
  const users = useUsers();
  const value = valueOf(object, row, field);
  if (isNothing(value)) return i18n.t('field.empty');
  if (field.target === 'users') return users.find((user) => user.id === value)?.name ?? '';
  return field.type === 'reference' ? labelOf(field, i18n.language) : valueText(object, row, field, i18n);
}

function Fact({ object, row, field, isEditing, canWrite, onEdit }: FactProps) {
  const { t, language } = useI18n();
  const button = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  const label = labelOf(field, language);
  const value = valueOf(object, row, field);
  const isEmpty = isNothing(value);
  const said = useSaid(object, row, field);
  useEffect(() => {
    if (wasEditing.current && !isEditing) button.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);

  const shown = isEmpty ? <span className="muted">{t('field.empty')}</span> : field.type === 'lines' ? <LineTable value={value} /> : <Value object={object} row={row} field={field} />;
  const canEdit = canWrite && kindOf(field) !== null;
  const isApart = APART.includes(field.type) && !isEmpty && field.target !== 'users';
  const editLabel = t('field.edit', { label, value: said });
  return (
    <div className="fact">
      <span className="fact-label">{label}</span>
      {isEditing ? <CellEditor object={object} row={row} field={field} onDone={() => onEdit(false)} />
        : !canEdit ? <span className="fact-plain">{shown}</span>
          : isApart ? (
            <span className="fact-plain fact-link"><span>{shown}</span>
              <button ref={button} type="button" className="fact-edit" aria-label={editLabel} onClick={() => onEdit(true)}><EditOutlined aria-hidden /></button>
            </span>
          ) : (
            <button ref={button} type="button" className="fact-value" aria-label={editLabel} onClick={() => onEdit(true)}>
              <span>{shown}</span><EditOutlined className="fact-pencil" aria-hidden />
            </button>
          )}
    </div>
  );
}

export interface FactsProps {
  object: DeclaredObject;
  row: RecordRow;
  canWrite: boolean;
}

export function Facts({ object, row, canWrite }: FactsProps) {
  const { t, language } = useI18n();
  const [editing, setEditing] = useState<string | null>(null);
  const fields = shownFields(object).filter((field) => field.type !== 'json' || valueOf(object, row, field) !== null);
  const firstEditable = fields.find((field) => kindOf(field));
  useActions([{
    id: 'edit-record', label: t('record.edit'), section: labelOf(object, language), icon: <EditOutlined />, keys: 'e', enabled: canWrite && firstEditable !== undefined,
    run: () => setEditing(firstEditable?.name ?? null),
  }]);
  return (
    <section className="card" aria-label={t('record.facts')}>
      <h2 className="section-title">{t('record.facts')}</h2>
      <div className="facts">
        {fields.map((field) => (
          <Fact key={field.name} object={object} row={row} field={field} canWrite={canWrite} isEditing={editing === field.name} onEdit={(isOn) => setEditing(isOn ? field.name : null)} />
        ))}
      </div>
    </section>
  );
}
