/* How a value is entered: one row per type of field. An editor holds a draft as its input has it; `read` makes of it what the server
   takes. Forms, cells, facts and filters use the same rows. */
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import type { KeyboardEvent, ReactNode } from 'react';
import { useI18n, type I18n } from '../i18n/I18n.tsx';
import { GrowingTextArea } from '../ui/GrowingTextArea.tsx';
import { Lookup } from './Lookup.tsx';
import { choiceText, type DeclaredField, type RecordRow } from './objects.ts';

export interface EditorProps {
  field: DeclaredField;
  label: string;
  value: unknown; /* the draft */
  known?: RecordRow | null; /* the record that a reference names now */
  autoFocus?: boolean;
  onChange: (draft: unknown, record?: RecordRow | null) => void;
  onBlur?: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}

interface Kind {
  Editor: (props: EditorProps) => ReactNode;
  draft: (value: unknown) => unknown;
  read: (draft: unknown) => unknown;
  inCell: boolean; /* small enough for a cell of a table */
  isText?: boolean; /* Enter is done; the others are done with each choice */
}

const asText = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
const orNull = (draft: unknown): string | null => asText(draft).trim() || null;

/* "1 234,5" is what some people write; what is no number goes to the server as it is, which says so. */
function toNumber(draft: unknown): number | string | null {
  const text = asText(draft).trim().replace(/[\s,，_]/g, '');
  if (!text) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function localTime(value: unknown): string {
  const date = new Date(asText(value));
  if (!value || Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function toInstant(draft: unknown): string | null {
  const text = asText(draft);
  const date = new Date(text);
  return text && !Number.isNaN(date.getTime()) ? date.toISOString() : null;
}

function lineEditor(type: string, inputMode?: 'decimal' | 'numeric' | 'email' | 'tel' | 'url') {
  return function LineEditor({ label, value, field, autoFocus, onChange, onBlur, onKeyDown }: EditorProps) {
    return (
      <Input type={type} inputMode={inputMode} value={asText(value)} aria-label={label} autoComplete="off" autoFocus={autoFocus ?? false} className="editor"
        maxLength={field.max_chars || 100} onChange={(event) => onChange(event.target.value)} onBlur={onBlur} onKeyDown={onKeyDown} />
    );
  };
}

function LongEditor({ label, value, field, autoFocus, onChange, onBlur, onKeyDown }: EditorProps) {
  return (
    <GrowingTextArea minRows={2} maxRows={12} value={asText(value)} aria-label={label} autoFocus={autoFocus ?? false} maxLength={field.max_chars || 20_000}
      onChange={(event) => onChange(event.target.value)} onBlur={onBlur} onKeyDown={onKeyDown} />
  );
}

type Mode = 'multiple' | 'tags' | undefined;

function choices(field: DeclaredField, { t }: Pick<I18n, 't'>): { value: string; label: string }[] {
  return field.choices.map((word) => ({ value: word, label: choiceText(word, t) }));
}

function selectEditor(mode: Mode, options: (field: DeclaredField, i18n: I18n) => { value: string; label: string }[]) {
  return function SelectEditor({ field, label, value, autoFocus, onChange, onBlur }: EditorProps) {
    const i18n = useI18n();
    const many = mode !== undefined;
    return (
      <Select<string | string[]> {...(many ? { mode } : {})} className="editor" aria-label={label} allowClear={!field.required} autoFocus={autoFocus ?? false} defaultOpen={autoFocus ?? false}
        value={many ? (Array.isArray(value) ? (value as string[]) : []) : asText(value) || (null as unknown as string)} options={options(field, i18n)}
        {...(mode === 'tags' ? { open: false, suffixIcon: null } : {})} popupMatchSelectWidth={180} onBlur={onBlur} onChange={(next) => onChange(next ?? null)} />
    );
  };
}

const CURRENCIES = ['CNY', 'USD', 'EUR', 'GBP', 'JPY', 'HKD', 'TWD', 'SGD', 'KRW', 'AUD', 'CAD', 'CHF', 'INR'];

function ReferenceEditor({ field, label, value, known, autoFocus, onChange, onBlur }: EditorProps) {
  return (
    <Lookup target={field.target ?? ''} value={orNull(value)} label={label} known={known ?? null} autoFocus={autoFocus ?? false}
      onChange={(id, record) => onChange(id, record)} onBlur={onBlur} />
  );
}

/* ---- addresses and line items: several inputs, one value ---- */

const ADDRESS = ['country', 'province', 'city', 'district', 'street', 'postcode', 'text'] as const;

function AddressEditor({ label, value, onChange }: EditorProps) {
  const { t } = useI18n();
  const parts = (value ?? {}) as Record<string, string>;
  return (
    <div role="group" aria-label={label} className="editor-parts">
      {ADDRESS.map((part) => (
        <Input key={part} value={parts[part] ?? ''} placeholder={t(`address.${part}`)} aria-label={t(`address.${part}`)} autoComplete="off"
          onChange={(event) => onChange({ ...parts, [part]: event.target.value })} />
      ))}
    </div>
  );
}

function readAddress(draft: unknown): Record<string, string> | null {
  const parts = Object.entries((draft ?? {}) as Record<string, string>).map(([name, text]) => [name, asText(text).trim()] as const).filter(([, text]) => text);
  return parts.length > 0 ? Object.fromEntries(parts) : null;
}

interface Line {
  product_id?: string | null;
  name?: string;
  quantity?: unknown;
  price?: unknown;
  discount?: unknown;
}

const LINE_NUMBERS = ['quantity', 'price'] as const;

function LinesEditor({ label, value, onChange }: EditorProps) {
  const { t } = useI18n();
  const lines = Array.isArray(value) ? (value as Line[]) : [];
  const set = (at: number, change: Line): void => onChange(lines.map((line, index) => (index === at ? { ...line, ...change } : line)));
  const pick = (at: number, id: string | null, product: RecordRow | null): void =>
    set(at, product ? { product_id: id, name: asText(product['name']), price: product['price'] ?? lines[at]?.price } : { product_id: id });
  return (
    <div role="group" aria-label={label} className="editor-lines">
      {lines.map((line, at) => (
        <div key={at} className="editor-line">
          <Lookup target="products" value={line.product_id ?? null} label={t('lines.product')} onChange={(id, product) => pick(at, id, product)} />
          {LINE_NUMBERS.map((part) => (
            <Input key={part} value={asText(line[part])} inputMode="decimal" aria-label={t(`lines.${part}`)} placeholder={t(`lines.${part}`)} onChange={(event) => set(at, { [part]: event.target.value })} />
          ))}
          <Button type="text" icon={<DeleteOutlined />} aria-label={t('lines.remove')} onClick={() => onChange(lines.filter((_, index) => index !== at))} />
        </div>
      ))}
      <Button size="small" icon={<PlusOutlined />} onClick={() => onChange([...lines, { quantity: 1 }])}>{t('lines.add')}</Button>
    </div>
  );
}

function readLines(draft: unknown): Line[] {
  return (Array.isArray(draft) ? (draft as Line[]) : []).map((line) => {
    const made: Line = Object.fromEntries(Object.entries(line).filter(([, value]) => value !== null && value !== ''));
    for (const part of LINE_NUMBERS) if (made[part] !== undefined) made[part] = toNumber(made[part]);
    return made;
  });
}

/* ---- the table ---- */

const asIs = (value: unknown): unknown => value;
const asList = (value: unknown): unknown => (Array.isArray(value) ? value : []);
const line = (type: string, mode?: 'decimal' | 'numeric' | 'email' | 'tel' | 'url'): Kind => ({ Editor: lineEditor(type, mode), draft: asText, read: orNull, inCell: true, isText: true });
const number: Kind = { ...line('text', 'decimal'), read: toNumber };

const KINDS: Record<string, Kind> = {
  text: line('text'),
  email: line('text', 'email'), /* the server's check is the one that counts: no bubble of the browser's */
  phone: line('tel'),
  url: line('text', 'url'),
  long_text: { Editor: LongEditor, draft: asText, read: orNull, inCell: false },
  number, integer: number, money: number,
  date: line('date'),
  time: { ...line('datetime-local'), draft: localTime, read: toInstant },
  boolean: {
    Editor: selectEditor(undefined, (_field, { t }) => [{ value: 'true', label: t('value.yes') }, { value: 'false', label: t('value.no') }]),
    draft: (value) => (value === null || value === undefined ? null : value ? 'true' : 'false'), read: (draft) => (draft === null || draft === undefined ? null : draft === 'true'), inCell: true,
  },
  choice: { Editor: selectEditor(undefined, choices), draft: asIs, read: orNull, inCell: true },
  currency: { Editor: selectEditor(undefined, () => CURRENCIES.map((value) => ({ value, label: value }))), draft: asIs, read: orNull, inCell: true },
  multi_choice: { Editor: selectEditor('multiple', choices), draft: asList, read: asList, inCell: true, isText: true },
  tags: { Editor: selectEditor('tags', () => []), draft: asList, read: asList, inCell: true, isText: true },
  reference: { Editor: ReferenceEditor, draft: asIs, read: orNull, inCell: true },
  address: { Editor: AddressEditor, draft: (value) => value ?? {}, read: readAddress, inCell: false },
  lines: { Editor: LinesEditor, draft: asList, read: readLines, inCell: false },
};

export function kindOf(field: DeclaredField): Kind | null {
  return field.read_only || !field.writable ? null : KINDS[field.type] ?? null;
}

/* Also of fields that only the program sets: for filters. */
export function kindOfType(type: string): Kind | null {
  return KINDS[type] ?? null;
}
