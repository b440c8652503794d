/* The rights of a role, as the server keeps them: by object, acts and how far each reaches; what is not said is as at "*", and there
   it is none. Functions give new rights and leave the old ones as they are. */
import type { Act, DeclaredObject, FieldRight, ObjectRights, Reach, Rights } from '../../../shared/api/types.ts';

export const ALL = '*';
export const ACTS = ['read', 'create', 'update', 'delete', 'export', 'import'] as const satisfies Act[];
export const REACHES = ['none', 'own', 'team', 'all'] as const satisfies Reach[];
export const FIELD_RIGHTS = ['write', 'read', 'hidden'] as const satisfies FieldRight[];

/* Rows of a log are written by the program, conversations come from visitors: some acts say nothing there. */
const OF_LOG: Act[] = ['read', 'create', 'export', 'import'];
const OF_CONVERSATIONS: Act[] = ['read', 'update'];

export interface RightsRow {
  plural: string;
  label: string;
  acts: readonly Act[];
  object: DeclaredObject | null; /* its fields can be kept back */
}

export function rowsOf(objects: DeclaredObject[], labels: { all: string; conversations: string; of: (object: DeclaredObject) => string }): RightsRow[] {
  return [
    { plural: ALL, label: labels.all, acts: ACTS, object: null },
    { plural: 'conversations', label: labels.conversations, acts: OF_CONVERSATIONS, object: null },
    ...objects.filter((each) => !each.admin_only).map((object) => ({ plural: object.plural, label: labels.of(object), acts: object.log ? OF_LOG : ACTS, object })),
  ];
}

export function reachOf(rights: Rights, plural: string, act: Act): Reach {
  return rights[plural]?.[act] ?? rights[ALL]?.[act] ?? 'none';
}

export function fieldRightOf(rights: Rights, plural: string, field: string): FieldRight {
  return rights[plural]?.fields?.[field] ?? 'write';
}

function without<T extends object>(object: T, name: string): T {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name)) as T;
}

/* What says nothing any more is left out. */
function withObject(rights: Rights, plural: string, next: ObjectRights): Rights {
  return Object.keys(next).length > 0 ? { ...rights, [plural]: next } : without(rights, plural);
}

/* reach: null = as at "*". */
export function withReach(rights: Rights, plural: string, act: Act, reach: Reach | null): Rights {
  const before = rights[plural] ?? {};
  return withObject(rights, plural, reach ? { ...before, [act]: reach } : without(before, act));
}

export function withField(rights: Rights, plural: string, field: string, right: FieldRight): Rights {
  const before = rights[plural] ?? {};
  const fields = right === 'write' ? without(before.fields ?? {}, field) : { ...before.fields, [field]: right };
  return withObject(rights, plural, Object.keys(fields).length > 0 ? { ...before, fields } : without(before, 'fields'));
}

export function countFields(rights: Rights, plural: string, right: FieldRight): number {
  return Object.values(rights[plural]?.fields ?? {}).filter((each) => each === right).length;
}

export function sameRights(a: Rights, b: Rights): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => `${key}:${canonical(each)}`).join()}}`;
}
