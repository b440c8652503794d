/* The pages of the settings, as rows: address, name, for whom. */
import type { User } from '../../shared/api/types.ts';
import type { Key } from './i18n/I18n.tsx';

interface SectionRow {
  path: string;
  label: Key;
  isForAll?: boolean;
}

export const SECTIONS = [
  { path: 'people', label: 'people.title' },
  { path: 'roles', label: 'roles.title' },
  { path: 'teams', label: 'teams.title' },
  { path: 'keys', label: 'keys.title' },
  { path: 'webhooks', label: 'webhooks.title' },
  { path: 'audit', label: 'audit.title' },
  { path: 'objects', label: 'settings.objects' },
  { path: 'pipelines', label: 'settings.pipelines' },
  { path: 'organisation', label: 'settings.organisation' },
  { path: 'account', label: 'account.title', isForAll: true },
] as const satisfies SectionRow[];

export type Section = (typeof SECTIONS)[number];

export function sectionsFor(user: User): Section[] {
  return SECTIONS.filter((each) => user.role === 'admin' || 'isForAll' in each);
}

export function sectionPath(section: Pick<Section, 'path'>): string {
  return `/settings/${section.path}`;
}
