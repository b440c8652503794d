/* One value of a record, as people read it: by the type of its field. */
import { Tag } from 'antd';
import { Link } from 'wouter';
import type { Language } from '../../../shared/api/types.ts';
import { webAddress } from '../../../shared/text.ts';
import { useI18n, type I18n } from '../i18n/I18n.tsx';
import { Time } from '../ui/Time.tsx';
import { choiceText, expandedOf, recordPath, titleOf, useObjects, useUsers, valueOf, type DeclaredField, type DeclaredObject, type RecordRow } from './objects.ts';

const LOCALES: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };
const ADDRESS_PARTS = ['country', 'province', 'city', 'district', 'street', 'postcode', 'text'];

export function moneyText(value: number, currency: unknown, language: Language): string {
  if (typeof currency === 'string' && /^[A-Z]{3}$/.test(currency)) {
    return new Intl.NumberFormat(LOCALES[language], { style: 'currency', currency, currencyDisplay: 'narrowSymbol', maximumFractionDigits: 2, minimumFractionDigits: 0 }).format(value);
  }
  return new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: 3 }).format(value);
}

export function numberText(value: number, language: Language): string {
  return new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: 6, useGrouping: Math.abs(value) >= 10_000 }).format(value);
}

function dateText(value: string, language: Language): string {
  const date = new Date(`${value}T00:00:00`);
  return Number.isNaN(date.getTime()) ? value : new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'medium' }).format(date);
}

function addressText(value: unknown): string {
  const parts = value as Record<string, unknown>;
  return ADDRESS_PARTS.map((name) => parts[name]).filter((part) => typeof part === 'string' && part).join(' ');
}

function linesText(value: unknown, { t }: Pick<I18n, 't'>): string {
  return Array.isArray(value) && value.length > 0 ? t('lines.count', { n: value.length }) : '';
}

type Say = (value: unknown, field: DeclaredField, row: RecordRow, i18n: Pick<I18n, 't' | 'language'>) => string;

const asText: Say = (value) => String(value);
/* Types that are not here are shown as their text. */
const TEXTS: Record<string, Say> = {
  number: (value, _field, _row, { language }) => numberText(Number(value), language),
  integer: (value, _field, _row, { language }) => numberText(Number(value), language),
  money: (value, _field, row, { language }) => moneyText(Number(value), row['currency'], language),
  date: (value, _field, _row, { language }) => dateText(String(value), language),
  time: (value, _field, _row, { language }) => new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(String(value))),
  boolean: (value, _field, _row, { t }) => t(value ? 'value.yes' : 'value.no'),
  choice: (value, _field, _row, { t }) => choiceText(String(value), t),
  multi_choice: (value, _field, _row, { t }) => (value as string[]).map((word) => choiceText(word, t)).join(', '),
  tags: (value) => (value as string[]).join(', '),
  address: (value) => addressText(value),
  lines: (value, _field, _row, i18n) => linesText(value, i18n),
  json: (value) => JSON.stringify(value),
};

/* The text of a value; of a reference only what came with the row. */
export function valueText(object: DeclaredObject, row: RecordRow, field: DeclaredField, i18n: Pick<I18n, 't' | 'language'>): string {
  const value = valueOf(object, row, field);
  if (value === null || value === '') return '';
  return (TEXTS[field.type] ?? asText)(value, field, row, i18n);
}

/* The name of the record that a reference names. It came along with ?expand=; else the id has to do. */
export function ReferenceText({ row, field, value, asLink }: { row: RecordRow; field: DeclaredField; value: string; asLink: boolean }) {
  const { t } = useI18n();
  const { objects } = useObjects();
  const users = useUsers();
  const found = expandedOf(row, field);
  if (field.target === 'users') {
    const user = users.find((each) => each.id === value);
    return <>{user?.name ?? (found ? String(found['name'] ?? '') : t('record.unknown'))}</>;
  }
  const target = objects.find((each) => each.plural === field.target);
  const text = target && found && found.id === value ? titleOf(target, found, t) : t(found === null ? 'record.gone' : 'record.unknown');
  return asLink && field.target ? <Link href={recordPath(field.target, value)} tabIndex={-1}>{text}</Link> : <>{text}</>;
}

export interface ValueProps {
  object: DeclaredObject;
  row: RecordRow;
  field: DeclaredField;
  links?: boolean; /* references and addresses can be followed */
}

export function Value({ object, row, field, links = true }: ValueProps) {
  const i18n = useI18n();
  const value = valueOf(object, row, field);
  if (value === null || value === '') return null;
  if (field.type === 'time') return <Time at={String(value)} />;
  if (field.type === 'reference') return <ReferenceText row={row} field={field} value={String(value)} asLink={links} />;
  if ((field.type === 'tags' || field.type === 'multi_choice') && Array.isArray(value)) {
    return <>{value.map((word) => <Tag key={String(word)}>{choiceText(String(word), i18n.t)}</Tag>)}</>;
  }
  const text = valueText(object, row, field, i18n);
  if (field.type === 'choice') return <Tag>{text}</Tag>;
  const href = links && field.type === 'url' ? webAddress(text) : null;
  return href ? <a href={href} target="_blank" rel="noopener noreferrer nofollow" tabIndex={-1}>{text}</a> : <>{text}</>;
}
