/* The filter of a list: conditions to click together, and the same as text. What is not complete yet does not count. */
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, Segmented, Select } from 'antd';
import { useId, useMemo, useState } from 'react';
import { useI18n, type I18n } from '../../common/i18n/I18n.tsx';
import { kindOfType } from '../../common/schema/editors.tsx';
import { EMPTY, fromText, isGroup, OPS, toText, VALUELESS, type Condition, type Group, type Op } from '../../common/schema/filter.ts';
import { expandName, labelOf, shownFields, useObjects, type DeclaredField, type DeclaredObject } from '../../common/schema/objects.ts';

interface Path {
  path: string;
  label: string;
  field: DeclaredField;
}

/* The object's own fields, then those of the records that it names. */
function pathsOf(object: DeclaredObject, objects: DeclaredObject[], { t, language }: Pick<I18n, 't' | 'language'>): Path[] {
  const own = shownFields(object).filter((field) => field.type in OPS).map((field) => ({ path: field.name, label: labelOf(field, language), field }));
  const related = object.fields.filter((field) => field.type === 'reference' && !field.custom).flatMap((relation) => {
    const target = objects.find((each) => each.plural === relation.target);
    return (target?.fields ?? []).filter((field) => field.type in OPS && field.type !== 'reference').map((field) => ({
      path: `${expandName(relation)}.${field.name}`, label: t('filter_by.related', { relation: labelOf(relation, language), field: labelOf(field, language) }), field,
    }));
  });
  return [...own, ...related];
}

interface PartProps<T> {
  item: T;
  paths: Path[];
  onChange: (item: T) => void;
  onRemove: () => void;
}

function ConditionValue({ item, field, onChange }: { item: Condition; field: DeclaredField; onChange: (value: string) => void }) {
  const { t, language } = useI18n();
  if (VALUELESS.includes(item.op)) return null;
  const label = t('filter_by.value', { field: labelOf(field, language) });
  if (item.op === 'last' || item.op === 'next') {
    return <Input className="filter-days" value={item.value} inputMode="numeric" aria-label={label} suffix={t('filter_by.days')} onChange={(event) => onChange(event.target.value.replace(/\D/g, ''))} />;
  }
  const isList = field.type === 'tags' || field.type === 'multi_choice';
  const kind = kindOfType(isList ? (field.choices.length > 0 ? 'choice' : 'text') : field.type);
  if (!kind) return null;
  const draft = field.type === 'boolean' ? item.value : kind.draft(item.value);
  const change = (next: unknown): void => onChange(next === null || next === undefined ? '' : field.type === 'time' ? String(kind.read(next) ?? '') : String(next));
  return <div className="filter-value"><kind.Editor field={{ ...field, required: false }} label={label} value={draft} onChange={change} /></div>;
}

function ConditionRow({ item, paths, onChange, onRemove }: PartProps<Condition>) {
  const { t } = useI18n();
  const chosen = paths.find((each) => each.path === item.path);
  const ops = chosen ? OPS[chosen.field.type] ?? [] : [];
  const choosePath = (path: string): void => {
    const next = paths.find((each) => each.path === path);
    onChange({ path, op: OPS[next?.field.type ?? 'text']?.[0] ?? 'is', value: '' });
  };
  return (
    <div className="filter-row" role="group" aria-label={chosen?.label ?? t('filter_by.condition')}>
      <Select<string> showSearch={{ optionFilterProp: 'label' }} className="filter-path" value={item.path || (null as unknown as string)} aria-label={t('filter_by.field')} placeholder={t('filter_by.field')}
        popupMatchSelectWidth={300} options={paths.map((each) => ({ value: each.path, label: each.label }))} onChange={choosePath} />
      {chosen && <Select<Op> className="filter-op" value={item.op} aria-label={t('filter_by.operator')} popupMatchSelectWidth={160} options={ops.map((op) => ({ value: op, label: t(`op.${op}`) }))}
        onChange={(op) => onChange({ ...item, op })} />}
      {chosen && <ConditionValue item={item} field={chosen.field} onChange={(value) => onChange({ ...item, value })} />}
      <Button type="text" icon={<DeleteOutlined />} aria-label={t('filter_by.remove')} onClick={onRemove} />
    </div>
  );
}

const NEW_CONDITION: Condition = { path: '', op: 'has', value: '' };

function GroupBox({ item, paths, onChange, onRemove, depth }: PartProps<Group> & { depth: number }) {
  const { t } = useI18n();
  const set = (at: number, next: Condition | Group): void => onChange({ ...item, items: item.items.map((each, index) => (index === at ? next : each)) });
  const remove = (at: number): void => onChange({ ...item, items: item.items.filter((_, index) => index !== at) });
  const add = (next: Condition | Group): void => onChange({ ...item, items: [...item.items, next] });
  return (
    <div className={`filter-group${depth > 0 ? ' is-inner' : ''}`}>
      {item.items.length > 1 && (
        <Segmented size="small" aria-label={t('filter_by.how')} value={item.all ? 'all' : 'any'} onChange={(how) => onChange({ ...item, all: how === 'all' })}
          options={[{ value: 'all', label: t('filter_by.all') }, { value: 'any', label: t('filter_by.any') }]} />
      )}
      {item.items.map((each, at) => (isGroup(each)
        ? <GroupBox key={at} item={each} paths={paths} depth={depth + 1} onChange={(next) => set(at, next)} onRemove={() => remove(at)} />
        : <ConditionRow key={at} item={each} paths={paths} onChange={(next) => set(at, next)} onRemove={() => remove(at)} />))}
      <div className="filter-foot">
        <Button size="small" icon={<PlusOutlined />} onClick={() => add(NEW_CONDITION)}>{t('filter_by.add')}</Button>
        {depth < 3 && item.items.length > 0 && <Button size="small" onClick={() => add({ all: !item.all, items: [NEW_CONDITION] })}>{t('filter_by.add_group')}</Button>}
        {depth > 0 && <Button size="small" type="text" icon={<DeleteOutlined />} onClick={onRemove}>{t('filter_by.remove_group')}</Button>}
      </div>
    </div>
  );
}

export interface FilterBuilderProps {
  object: DeclaredObject;
  text: string; /* what is in force */
  error: string | null; /* what the server says of it */
  onChange: (text: string) => void;
}

export function FilterBuilder({ object, text, error, onChange }: FilterBuilderProps) {
  const i18n = useI18n();
  const { t } = i18n;
  const { objects } = useObjects();
  const paths = useMemo(() => pathsOf(object, objects, i18n), [object, objects, i18n]);
  const [tree, setTree] = useState<Group | null>(null);
  const [draft, setDraft] = useState<string | null>(null);
  const id = useId();
  /* The tree in hand holds what is not complete yet; a text from elsewhere makes a new one. */
  const parsed = useMemo(() => fromText(text), [text]);
  const known = (group: Group): boolean => group.items.every((each) => (isGroup(each) ? known(each) : each.path === '' || paths.some((path) => path.path === each.path)));
  const shown = tree && toText(tree) === text ? tree : parsed && known(parsed) ? parsed : null;
  const change = (next: Group): void => {
    setTree(next);
    setDraft(null);
    onChange(toText(next));
  };
  const submit = (): void => {
    if (draft === null || draft.trim() === text) return;
    setTree(null);
    onChange(draft.trim());
  };
  return (
    <section className="filter-panel" aria-label={t('filter_by.title')}>
      {shown ? <GroupBox item={shown.items.length === 0 ? { ...EMPTY, items: [NEW_CONDITION] } : shown} paths={paths} depth={0} onChange={change} onRemove={() => change(EMPTY)} />
        : <p className="muted">{t('filter_by.text_only')}</p>}
      <div className="filter-text">
        <label htmlFor={id} className="muted small">{t('filter_by.as_text')}</label>
        <Input id={id} size="small" value={draft ?? text} maxLength={4000} autoComplete="off" spellCheck={false} {...(error ? { status: 'error', 'aria-describedby': `${id}-error` } : {})}
          onChange={(event) => setDraft(event.target.value)} onPressEnter={submit} onBlur={submit} />
        {error && <p id={`${id}-error`} className="field-error" role="alert">{error}</p>}
      </div>
    </section>
  );
}
