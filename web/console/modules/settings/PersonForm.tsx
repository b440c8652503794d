/* Who somebody is and what they belong to: the inputs, for an invitation and for a change. */
import { Input, Select } from 'antd';
import type { ReactNode } from 'react';
import type { AccessRole, Language, Team } from '../../../shared/api/types.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { labelOf } from '../../common/schema/objects.ts';

export interface PersonDraft {
  name: string;
  email: string;
  role: string;
  language: Language;
  teams: string[]; /* ids */
}

export interface PersonFormProps {
  draft: PersonDraft;
  isNew: boolean; /* the address is for good */
  roles: AccessRole[];
  teams: Team[];
  onChange: (draft: PersonDraft) => void;
}

const LANGUAGES: Language[] = ['zh', 'en'];

function Field({ label, children }: { label: string; children: ReactNode }) {
  return <div className="record-field"><span className="record-label" aria-hidden>{label}</span>{children}</div>;
}

export function PersonForm({ draft, isNew, roles, teams, onChange }: PersonFormProps) {
  const { t, language } = useI18n();
  const set = (change: Partial<PersonDraft>): void => onChange({ ...draft, ...change });
  return (
    <>
      <Field label={t('people.name')}><Input value={draft.name} maxLength={200} aria-label={t('people.name')} autoComplete="off" onChange={(event) => set({ name: event.target.value })} /></Field>
      <Field label={t('login.email')}><Input type="email" disabled={!isNew} value={draft.email} maxLength={254} aria-label={t('login.email')} autoComplete="off" onChange={(event) => set({ email: event.target.value })} /></Field>
      <Field label={t('people.role')}><Select<string> aria-label={t('people.role')} value={draft.role} options={roles.map((role) => ({ value: role.name, label: labelOf(role, language) }))} onChange={(role) => set({ role })} /></Field>
      <Field label={t('menu.language')}><Select<Language> aria-label={t('menu.language')} value={draft.language} options={LANGUAGES.map((value) => ({ value, label: t(`language.${value}`) }))} onChange={(chosen) => set({ language: chosen })} /></Field>
      <Field label={t('people.teams')}>
        <Select<string[]> mode="multiple" showSearch={{ optionFilterProp: 'label' }} aria-label={t('people.teams')} placeholder={t(teams.length > 0 ? 'people.no_team' : 'people.no_teams_yet')} disabled={teams.length === 0} value={draft.teams}
          options={teams.map((team) => ({ value: team.id, label: team.name }))} onChange={(chosen) => set({ teams: chosen })} />
      </Field>
    </>
  );
}
