/* Teams: who works together, and so sees what rights that reach "team" open. */
import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import { useState } from 'react';
import type { Team, User } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { Ask } from '../../common/ui/Ask.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { FormDrawer } from '../../common/ui/FormDrawer.tsx';
import { useOnce } from '../../common/ui/useOnce.ts';
import { useStaff, useTeams } from './queries.ts';
import { useChange } from './useChange.ts';

const KEYS = ['teams', 'objects'];

function TeamDrawer({ team, users, onClose }: { team: Team | null; users: User[]; onClose: () => void }) {
  const { t } = useI18n();
  const change = useChange(KEYS, { 409: 'teams.name_taken' });
  const [busy, once] = useOnce();
  const [name, setName] = useState(team?.name ?? '');
  const [members, setMembers] = useState(team?.members ?? []);
  const save = async (): Promise<void> => {
    const body = { name: name.trim(), members };
    let made = '';
    const failed = team
      ? await change(() => api.updateTeam(team.id, body), t('teams.saved'), () => api.updateTeam(team.id, { name: team.name, members: team.members }))
      : await change(async () => { made = (await api.createTeam(body)).id; }, t('teams.made'), () => api.deleteTeam(made));
    if (!failed) onClose();
  };
  return (
    <FormDrawer onClose={onClose} title={t(team ? 'teams.edit' : 'teams.add')} width={480}>
      <form className="record-form" noValidate onSubmit={(event) => { event.preventDefault(); if (name.trim()) once(save); }}>
        <div className="record-field"><span className="record-label" aria-hidden>{t('teams.name')}</span>
          <Input value={name} maxLength={100} aria-label={t('teams.name')} autoComplete="off" onChange={(event) => setName(event.target.value)} /></div>
        <div className="record-field"><span className="record-label" aria-hidden>{t('teams.members')}</span>
          <Select<string[]> mode="multiple" showSearch={{ optionFilterProp: 'label' }} aria-label={t('teams.members')} value={members} options={users.filter((user) => user.active || members.includes(user.id)).map((user) => ({ value: user.id, label: user.name }))} onChange={setMembers} /></div>
        <Button type="primary" htmlType="submit" loading={busy} disabled={!name.trim()}>{t('record.save')}</Button>
      </form>
    </FormDrawer>
  );
}

function TeamRow({ team, users, onEdit }: { team: Team; users: User[]; onEdit: () => void }) {
  const { t, language } = useI18n();
  const change = useChange(KEYS);
  const [asking, setAsking] = useState(false);
  const names = team.members.map((id) => users.find((user) => user.id === id)?.name ?? t('record.unknown'));
  const { name, members } = team;
  const remove = () => change(() => api.deleteTeam(team.id), t('record.deleted', { name }), () => api.createTeam({ name, members }));
  return (
    <tr>
      <td>{name}</td>
      <td>{names.length > 0 ? new Intl.ListFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { type: 'unit', style: 'short' }).format(names) : <span className="muted">{t('teams.nobody')}</span>}</td>
      <td className="table-actions">
        <Button type="text" size="small" icon={<EditOutlined />} aria-label={t('teams.edit_one', { name })} onClick={onEdit} />
        <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t('teams.delete', { name })} onClick={() => setAsking(true)} />
        {asking && <Ask title={t('teams.delete_ask', { name })} action={t('record.delete')} onDone={remove} onClose={() => setAsking(false)}><p>{t('teams.delete_what')}</p></Ask>}
      </td>
    </tr>
  );
}

export function TeamsPage() {
  const { t } = useI18n();
  const teams = useTeams();
  const users = useStaff();
  const [editing, setEditing] = useState<Team | 'new' | null>(null);
  const failed = teams.error ?? users.error;
  if (failed) return <ErrorState error={failed} onRetry={() => { void teams.refetch(); void users.refetch(); }} />;
  if (!teams.data || !users.data) return <ListSkeleton />;
  const add = <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>{t('teams.add')}</Button>;
  const staff = users.data.items;
  return (
    <section className="card">
      {teams.data.items.length === 0 ? <EmptyState title={t('teams.none')} hint={t('teams.none_hint')} action={add} /> : (
        <>
          <h2 className="section-title">{t('teams.title')}{add}</h2>
          <div className="table-box" tabIndex={0} role="region" aria-label={t('teams.title')}>
            <table className="plain-table">
              <thead><tr><th scope="col">{t('teams.name')}</th><th scope="col">{t('teams.members')}</th><th scope="col"><span className="unseen">{t('fields.actions')}</span></th></tr></thead>
              <tbody>{teams.data.items.map((team) => <TeamRow key={team.id} team={team} users={staff} onEdit={() => setEditing(team)} />)}</tbody>
            </table>
          </div>
        </>
      )}
      {editing && <TeamDrawer team={editing === 'new' ? null : editing} users={staff} onClose={() => setEditing(null)} />}
    </section>
  );
}
