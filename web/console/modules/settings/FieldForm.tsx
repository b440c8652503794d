/* The inputs of one field. */
import { Checkbox, Input, Select } from 'antd';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { labelOf, TYPE_NAMES, typeText, useObjects } from '../../common/schema/objects.ts';
import { fieldName, fits, FLAGS, hasChoices, type FieldDraft } from './fields.ts';

export interface FieldFormProps {
  draft: FieldDraft;
  isNew: boolean; /* name, type and most rules are for good */
  onChange: (draft: FieldDraft) => void;
}

export function FieldForm({ draft, isNew, onChange }: FieldFormProps) {
  const { t, language } = useI18n();
  const { objects } = useObjects();
  const set = (change: Partial<FieldDraft>): void => onChange({ ...draft, ...change });
  const targets = [...objects.map((each) => ({ value: each.plural, label: labelOf(each, language) })), { value: 'users', label: t('settings.users') }];
  return (
    <div className="field-form">
      <Input value={draft.label_zh} maxLength={60} placeholder={t('fields.label_zh')} aria-label={t('fields.label_zh')} onChange={(event) => set({ label_zh: event.target.value })} />
      <Input value={draft.label_en} maxLength={60} placeholder={t('fields.label_en')} aria-label={t('fields.label_en')} onChange={(event) => set({ label_en: event.target.value })} />
      {isNew && (
        <>
          <Input value={fieldName(draft)} maxLength={40} placeholder={t('fields.name')} aria-label={t('fields.name')} onChange={(event) => set({ name: event.target.value })} />
          <Select<string> showSearch={{ optionFilterProp: 'label' }} className="editor" aria-label={t('fields.type')} value={draft.type} options={TYPE_NAMES.map((type) => ({ value: type, label: typeText(type, t) }))} onChange={(type) => set({ type })} />
        </>
      )}
      {hasChoices(draft.type) && (
        <Select<string[]> mode="tags" open={false} suffixIcon={null} className="editor field-wide" aria-label={t('fields.choices')} placeholder={t('fields.choices_hint')} value={draft.choices} onChange={(choices) => set({ choices })} />
      )}
      {isNew && draft.type === 'reference' && (
        <Select<string> showSearch={{ optionFilterProp: 'label' }} className="editor field-wide" aria-label={t('fields.target')} placeholder={t('fields.target')} value={draft.target || (null as unknown as string)} options={targets} onChange={(target) => set({ target })} />
      )}
      <div className="field-wide">
        {FLAGS.filter((flag) => (isNew || flag === 'required') && fits(flag, draft.type)).map((flag) => (
          <Checkbox key={flag} checked={draft[flag]} onChange={(event) => set({ [flag]: event.target.checked })}>{t(`fields.${flag}`)}</Checkbox>
        ))}
      </div>
    </div>
  );
}
