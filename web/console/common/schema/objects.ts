/* What the organisation keeps, as declared: objects, their fields, and how both are named and read. Everything that lists or shows
   records asks here, so that a field added a moment ago is everywhere. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { DeclaredField, DeclaredObject, Language, RecordRow, User } from '../../../shared/api/types.ts';
import { api } from '../api.ts';
import type { Key, Translate } from '../i18n/I18n.tsx';

export type { DeclaredField, DeclaredObject, RecordRow };

/* The words of choices that come with the program; those of administrators are shown as they are. */
const WORDS = [
  'new', 'working', 'qualified', 'unqualified', 'converted', 'open', 'won', 'lost', 'pending', 'on_hold', 'resolved', 'closed', 'low', 'normal', 'high',
  'urgent', 'paid', 'shipped', 'delivered', 'cancelled', 'returned', 'done', 'call', 'meeting', 'email', 'visit', 'other', 'faq', 'document', 'published',
  'draft', 'zh', 'en',
] as const;

const TIMES: [string, string, string][] = [['created_at', '创建时间', 'Created'], ['updated_at', '更新时间', 'Updated']];

export function labelOf(item: { label_zh: string; label_en: string }, language: Language): string {
  return language === 'zh' ? item.label_zh : item.label_en;
}

export function choiceText(word: string, t: Translate): string {
  const known = WORDS.find((each) => each === word);
  return known ? t(`choice.${known}`) : word;
}

function timeField([name, label_zh, label_en]: [string, string, string]): DeclaredField {
  return {
    name, label_zh, label_en, type: 'time', required: false, searchable: false, indexed: true, unique: false, read_only: true, custom: false,
    sensitive: false, writable: false, personal: 'none', target: null, default: null, max_chars: 0, choices: [],
  };
}

/* Fields that people see: the container of custom ones is not one of them, the times of the row are. */
export function shownFields(object: DeclaredObject): DeclaredField[] {
  const times = TIMES.filter(([name]) => !object.log || name === 'created_at').map(timeField);
  return [...object.fields.filter((field) => field.name !== 'custom'), ...times];
}

export function fieldOf(object: DeclaredObject, name: string): DeclaredField | undefined {
  return shownFields(object).find((field) => field.name === name);
}

/* Custom fields of an object that comes with the program stand inside of `custom`. */
function isInside(object: DeclaredObject, field: DeclaredField): boolean {
  return field.custom && !object.invented;
}

export function valueOf(object: DeclaredObject, row: RecordRow, field: DeclaredField): unknown {
  if (!isInside(object, field)) return row[field.name] ?? null;
  const custom = row['custom'];
  return typeof custom === 'object' && custom !== null ? (custom as Record<string, unknown>)[field.name] ?? null : null;
}

/* Values by name, as the body of a request or a row has them. */
export function bodyOf(object: DeclaredObject, values: Record<string, unknown>): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const custom: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const field = fieldOf(object, name);
    if (field && isInside(object, field)) custom[name] = value;
    else body[name] = value;
  }
  return Object.keys(custom).length > 0 ? { ...body, custom } : body;
}

export function withValue(object: DeclaredObject, row: RecordRow, field: DeclaredField, value: unknown): RecordRow {
  if (!isInside(object, field)) return { ...row, [field.name]: value };
  return { ...row, custom: { ...(row['custom'] as object | null), [field.name]: value } };
}

/* The name under which ?expand= asks for the record that a reference names, and the member that holds it. */
export function expandName(field: DeclaredField): string {
  return field.name.endsWith('_id') ? field.name.slice(0, -3) : field.name;
}

export function expandedOf(row: RecordRow, field: DeclaredField): RecordRow | null {
  const key = field.name.endsWith('_id') ? field.name.slice(0, -3) : `${field.name}_record`;
  const found = row[key];
  return typeof found === 'object' && found !== null ? (found as RecordRow) : null;
}

const MAX_EXPANDS = 8;

export function expandFor(fields: DeclaredField[]): string {
  return fields.filter((field) => field.type === 'reference').slice(0, MAX_EXPANDS).map(expandName).join(',');
}

/* What stands for a record in a link. */
export function titleOf(object: DeclaredObject, row: RecordRow, t: Translate): string {
  const value = object.title ? row[object.title] ?? (row['custom'] as Record<string, unknown> | undefined)?.[object.title] : null;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  if (text) return text;
  for (const name of ['email', 'phone', 'number']) if (typeof row[name] === 'string' && row[name]) return row[name];
  return t('record.untitled');
}

/* Where a record is shown. Articles and conversations have pages of their own. */
const PAGES: Record<string, string> = { articles: '/knowledge/', conversations: '/inbox/all/' };

export function recordPath(object: string, id: string): string {
  return (PAGES[object] ?? `/records/${object}/`) + id;
}

export function listPath(object: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `/records/${object}${search ? `?${search}` : ''}`;
}

export function useObjects() {
  const query = useQuery({ queryKey: ['objects'], queryFn: ({ signal }) => api.objects(signal), staleTime: 60_000 });
  const objects = useMemo(() => query.data?.items ?? [], [query.data]);
  return { query, objects };
}

export function useObject(plural: string): DeclaredObject | undefined {
  return useObjects().objects.find((each) => each.plural === plural);
}

export type Act = 'read' | 'create' | 'update' | 'delete' | 'export';

/* Whether the role of whoever is logged in lets do that to any record of the object. */
export function may(object: DeclaredObject, act: Act): boolean {
  const reach = (object.rights as Partial<Record<Act, string>>)[act];
  return reach !== 'none' && (act === 'read' || act === 'export' || !object.log);
}

/* Objects that somebody works with; pipelines and stages are settings, articles have a page, notes stand on the page of what they are about. */
const APART = ['articles', 'notes'];

export function workObjects(objects: DeclaredObject[]): DeclaredObject[] {
  return objects.filter((each) => !each.admin_only && !APART.includes(each.plural) && may(each, 'read'));
}

export function useUsers(): User[] {
  return useQuery({ queryKey: ['users'], queryFn: ({ signal }) => api.users(signal), staleTime: 60_000 }).data?.items ?? [];
}

export const TYPE_NAMES = [
  'text', 'long_text', 'email', 'phone', 'url', 'number', 'integer', 'money', 'date', 'time', 'boolean', 'choice', 'multi_choice', 'tags', 'reference',
  'address', 'file',
] as const satisfies readonly string[];

export function typeText(type: string, t: Translate): string {
  const known = TYPE_NAMES.find((each) => each === type);
  return known ? t(`type.${known}` satisfies Key) : type;
}
