/* A field as an administrator writes it down, and as the server takes it. */
import type { NewField } from '../../../shared/api/types.ts';

export interface FieldDraft {
  label_zh: string;
  label_en: string;
  name: string;
  type: string;
  required: boolean;
  unique: boolean;
  searchable: boolean;
  indexed: boolean;
  choices: string[];
  target: string;
}

export const NEW_FIELD: FieldDraft = { label_zh: '', label_en: '', name: '', type: 'text', required: false, unique: false, searchable: false, indexed: false, choices: [], target: '' };

export const FLAGS = ['required', 'unique', 'searchable', 'indexed'] as const;
export type Flag = (typeof FLAGS)[number];

/* Which rules a type can have; every type may be required. */
const TYPES_OF: Record<Exclude<Flag, 'required'>, string[]> = {
  unique: ['text', 'email', 'phone', 'integer'],
  searchable: ['text', 'long_text', 'email', 'phone', 'url', 'tags', 'address'],
  indexed: ['text', 'email', 'phone', 'number', 'integer', 'money', 'date', 'time', 'boolean', 'choice', 'multi_choice', 'tags', 'reference'],
};

export function fits(flag: Flag, type: string): boolean {
  return flag === 'required' || TYPES_OF[flag].includes(type);
}

export function hasChoices(type: string): boolean {
  return type === 'choice' || type === 'multi_choice';
}

/* "Next check" -> next_check; a label without Latin letters gives no name. */
export function nameFrom(label: string): string {
  return label.trim().toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 40);
}

export function pluralOf(name: string): string {
  if (!name) return '';
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(name) ? `${name}es` : `${name}s`;
}

/* A reference is named after what it names: contact_id. */
export function fieldName(draft: FieldDraft): string {
  if (draft.name) return draft.name;
  const name = nameFrom(draft.label_en);
  return draft.type === 'reference' && name && !name.endsWith('_id') ? `${name}_id` : name;
}

export function bodyOfField(draft: FieldDraft): NewField {
  const { label_zh, label_en, type } = draft;
  const flags = Object.fromEntries(FLAGS.map((flag) => [flag, draft[flag] && fits(flag, type)]));
  return {
    name: fieldName(draft), type, label_zh: label_zh.trim(), label_en: label_en.trim(), ...flags,
    ...(hasChoices(type) ? { choices: draft.choices } : {}), ...(type === 'reference' ? { target: draft.target } : {}),
  };
}
