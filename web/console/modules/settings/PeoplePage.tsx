/* Staff: who there is, what each may; invited, changed, let go and let in again. */
import { UserAddOutlined } from '@ant-design/icons';
import { Button, Checkbox, Drawer, Input, Select, Tag } from 'antd';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { AccessRole, Team, User, UserLink } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { labelOf } from '../../common/schema/objects.ts';
import { useSession, useSessionState } from '../../common/session/Session.tsx';
import { Ask } from '../../common/ui/Ask.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { FormDrawer } from '../../common/ui/FormDrawer.tsx';
import { PHONE, useMedia } from '../../common/ui/useMedia.ts';
import { useOnce } from '../../common/ui/useOnce.ts';
import { LinkDialog } from './LinkDialog.tsx';
import { PersonForm, type PersonDraft } from './PersonForm.tsx';
import { useRoles, useStaff, useTeams } from './queries.ts';
import { useChange } from './useChange.ts';

interface Staff {
  users: User[];
  roles: AccessRole[];
  teams: Team[];
}

const LIST = '/settings/people';
const STATE_COLOURS: Record<User['state'], string> = { active: 'success', invited: 'warning', deactivated: 'default' };

function teamsOf(teams: Team[], user: User): Team[] {
  return teams.filter((team) => team.members.includes(user.id));
}

/* Puts somebody into exactly these teams. */
async function setTeams(teams: Team[], id: string, wanted: string[]): Promise<void> {
  for (const team of teams) {
    const isIn = team.members.includes(id);
    if (isIn === wanted.includes(team.id)) continue;
    await api.updateTeam(team.id, { members: isIn ? team.members.filter((each) => each !== id) : [...team.members, id] });
  }
}

function InviteDrawer({ roles, teams, onDone, onClose }: Omit<Staff, 'users'> & { onDone: (link: UserLink) => void; onClose: () => void }) {
  const { t, language } = useI18n();
  const change = useChange(['users', 'teams'], { 409: 'people.email_taken', 422: 'people.email_wrong' });
  const [draft, setDraft] = useState<PersonDraft>({ name: '', email: '', role: 'agent', language, teams: [] });
  const [busy, once] = useOnce();
  const complete = draft.name.trim() !== '' && draft.email.trim() !== '';
  const invite = async (): Promise<void> => {
    const { teams: wanted, ...person } = draft;
    let link: UserLink | null = null;
    await change(async () => {
      link = await api.invite({ ...person, name: person.name.trim(), email: person.email.trim() });
      await setTeams(teams, link.user.id, wanted);
    });
    if (link) onDone(link);
  };
  return (
    <FormDrawer onClose={onClose} title={t('people.invite')} width={480}>
      <form className="record-form" noValidate onSubmit={(event) => { event.preventDefault(); if (complete) once(invite); }}>
        <PersonForm draft={draft} isNew roles={roles} teams={teams} onChange={setDraft} />
        <p className="muted small">{t('people.no_mail')}</p>
        <Button type="primary" htmlType="submit" loading={busy} disabled={!complete}>{t('people.make_link')}</Button>
      </form>
    </FormDrawer>
  );
}

/* ---- one of them ---- */

interface PersonProps extends Staff {
  user: User;
}

function Deactivate({ user, users, onClose }: { user: User; users: User[]; onClose: () => void }) {
  const { t } = useI18n();
  const change = useChange(['users'], { 409: 'people.last_admin' });
  const [heir, setHeir] = useState<string | null>(null);
  const others = users.filter((each) => each.active && each.id !== user.id).map((each) => ({ value: each.id, label: each.name }));
  const act = () => change(() => api.deactivateUser(user.id, heir), t('people.is_deactivated', { name: user.name }), () => api.reactivateUser(user.id));
  return (
    <Ask title={t('people.deactivate_ask', { name: user.name })} action={t('people.deactivate')} onDone={act} onClose={onClose}>
      <p>{t('people.deactivate_what')}</p>
      <Select<string | null> allowClear showSearch={{ optionFilterProp: 'label' }} className="editor" aria-label={t('people.heir')} placeholder={t('people.heir')} value={heir} options={others} onChange={(value) => setHeir(value ?? null)} />
    </Ask>
  );
}

function ResetPassword({ user, onDone, onClose }: { user: User; onDone: (link: UserLink) => void; onClose: () => void }) {
  const { t } = useI18n();
  const change = useChange(['users']);
  const [totp, setTotp] = useState(false);
  const reset = async (): Promise<void> => {
    let link: UserLink | null = null;
    await change(async () => { link = await api.resetUser(user.id, totp); });
    if (link) onDone(link);
  };
  return (
    <Ask title={t('people.reset_ask', { name: user.name })} action={t('people.make_link')} onDone={reset} onClose={onClose}>
      <p>{t('people.reset_what')}</p>
      {user.totp && <Checkbox checked={totp} onChange={(event) => setTotp(event.target.checked)}>{t('people.drop_totp')}</Checkbox>}
    </Ask>
  );
}

function PersonDrawer({ user, users, roles, teams, onLink }: PersonProps & { onLink: (link: UserLink) => void }) {
  const { t } = useI18n();
  const phone = useMedia(PHONE);
  const { user: me } = useSession();
  const { refresh } = useSessionState();
  const [busy, once] = useOnce();
  const [, navigate] = useLocation();
  const change = useChange(['users', 'teams', 'objects'], { 409: 'people.last_admin' });
  const before: PersonDraft = { name: user.name, email: user.email, role: user.role, language: user.language, teams: teamsOf(teams, user).map((team) => team.id) };
  const [draft, setDraft] = useState(before);
  const [dialog, setDialog] = useState<'deactivate' | 'reset' | null>(null);
  const isChanged = JSON.stringify(draft) !== JSON.stringify(before);
  const close = (): void => navigate(LIST);
  const write = async ({ name, role, language, teams: wanted }: PersonDraft, known: Team[]): Promise<void> => {
    await api.updateUser(user.id, { name: name.trim(), role, language });
    await setTeams(known, user.id, wanted);
  };
  const save = async (): Promise<void> => {
    const failed = await change(() => write(draft, teams), t('people.saved', { name: draft.name }), async () => write(before, (await api.teams()).items));
    if (failed) return;
    if (user.id === me.id) await refresh();
    close();
  };
  const reactivate = (): void => void change(() => api.reactivateUser(user.id), t('people.is_reactivated', { name: user.name }), () => api.deactivateUser(user.id, null));
  return (
    <Drawer open onClose={close} title={user.name} size={phone ? '100%' : 480}>
      <form className="record-form" noValidate onSubmit={(event) => { event.preventDefault(); once(save); }}>
        <PersonForm draft={draft} isNew={false} roles={roles} teams={teams} onChange={setDraft} />
        <Button type="primary" htmlType="submit" loading={busy} disabled={!isChanged || !draft.name.trim()}>{t('record.save')}</Button>
      </form>
      <div className="editor-foot">
        <Button disabled={!user.active} onClick={() => setDialog('reset')}>{t(user.state === 'invited' ? 'people.new_link' : 'people.reset')}</Button>
        {user.active && user.id !== me.id && <Button danger onClick={() => setDialog('deactivate')}>{t('people.deactivate')}</Button>}
        {!user.active && <Button onClick={reactivate}>{t('people.reactivate')}</Button>}
      </div>
      {dialog === 'deactivate' && <Deactivate user={user} users={users} onClose={() => setDialog(null)} />}
      {dialog === 'reset' && <ResetPassword user={user} onDone={onLink} onClose={() => setDialog(null)} />}
    </Drawer>
  );
}

/* ---- all of them ---- */

function PersonRow({ user, roles, teams }: { user: User; roles: AccessRole[]; teams: Team[] }) {
  const { t, language } = useI18n();
  const role = roles.find((each) => each.name === user.role);
  return (
    <tr>
      <td><Link href={`${LIST}/${user.id}`}>{user.name}</Link></td>
      <td>{user.email}</td>
      <td>{role ? labelOf(role, language) : user.role}</td>
      <td>{teamsOf(teams, user).map((team) => <Tag key={team.id}>{team.name}</Tag>)}</td>
      <td><Tag color={STATE_COLOURS[user.state]}>{t(`user_state.${user.state}`)}</Tag></td>
      <td>{t(user.totp ? 'people.totp_on' : 'people.totp_off')}</td>
    </tr>
  );
}

function People({ id, users, roles, teams }: Staff & { id: string | undefined }) {
  const { t } = useI18n();
  const [inviting, setInviting] = useState(false);
  const [link, setLink] = useState<UserLink | null>(null);
  const [sought, setSought] = useState('');
  const user = users.find((each) => each.id === id);
  const words = sought.trim().toLowerCase();
  const found = users.filter((each) => `${each.name} ${each.email}`.toLowerCase().includes(words));
  const heads = ['people.name', 'login.email', 'people.role', 'people.teams', 'people.state', 'people.totp'] as const;
  return (
    <section className="card">
      <h2 className="section-title">{t('people.count', { n: users.filter((each) => each.active).length })}<Button size="small" type="primary" icon={<UserAddOutlined />} onClick={() => setInviting(true)}>{t('people.invite')}</Button></h2>
      <Input type="search" className="toolbar-search" allowClear value={sought} placeholder={t('people.search')} aria-label={t('people.search')} onChange={(event) => setSought(event.target.value)} />
      <div className="table-box" tabIndex={0} role="region" aria-label={t('people.title')}>
        <table className="plain-table is-wide">
          <thead><tr>{heads.map((head) => <th key={head} scope="col">{t(head)}</th>)}</tr></thead>
          <tbody>{found.map((each) => <PersonRow key={each.id} user={each} roles={roles} teams={teams} />)}</tbody>
        </table>
      </div>
      {found.length === 0 && <p className="muted">{t('people.not_found')}</p>}
      {users.length === 1 && <p className="muted">{t('people.alone')}</p>}
      {inviting && <InviteDrawer roles={roles} teams={teams} onClose={() => setInviting(false)} onDone={(made) => { setInviting(false); setLink(made); }} />}
      {user && <PersonDrawer key={JSON.stringify([user, teamsOf(teams, user)])} user={user} users={users} roles={roles} teams={teams} onLink={setLink} />}
      {link && <LinkDialog link={link} onClose={() => setLink(null)} />}
    </section>
  );
}

export function PeoplePage({ id }: { id: string | undefined }) {
  const users = useStaff();
  const roles = useRoles();
  const teams = useTeams();
  const failed = users.error ?? roles.error ?? teams.error;
  if (failed) return <ErrorState error={failed} onRetry={() => { for (const each of [users, roles, teams]) void each.refetch(); }} />;
  if (!users.data || !roles.data || !teams.data) return <ListSkeleton />;
  return <People id={id} users={users.data.items} roles={roles.data.items} teams={teams.data.items} />;
}
