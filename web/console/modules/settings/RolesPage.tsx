/* Roles: those of the program and the organisation's own, each with what its members may. */
import { CopyOutlined, DeleteOutlined, UndoOutlined } from '@ant-design/icons';
import { Alert, Button, Input, Select, Tag } from 'antd';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { AccessRole, Rights } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { labelOf } from '../../common/schema/objects.ts';
import { Ask } from '../../common/ui/Ask.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { FormDrawer } from '../../common/ui/FormDrawer.tsx';
import { useOnce } from '../../common/ui/useOnce.ts';
import { nameFrom } from './fields.ts';
import { useRoles, useStaff } from './queries.ts';
import { RightsMatrix } from './RightsMatrix.tsx';
import { sameRights } from './rights.ts';
import { useChange } from './useChange.ts';

const ADMIN = 'admin';

function CopyDrawer({ roles, from, onClose }: { roles: AccessRole[]; from: string; onClose: () => void }) {
  const { t, language } = useI18n();
  const change = useChange(['roles'], { 409: 'roles.name_taken', 422: 'roles.name_wrong' });
  const [, navigate] = useLocation();
  const [busy, once] = useOnce();
  const [source, setSource] = useState(from);
  const [labels, setLabels] = useState({ label_zh: '', label_en: '' });
  const [own, setOwn] = useState('');
  const name = own || nameFrom(labels.label_en);
  const save = async (): Promise<void> => {
    const rights = roles.find((role) => role.name === source)?.rights ?? {};
    const given = Object.fromEntries(Object.entries(labels).filter(([, label]) => label.trim()));
    const failed = await change(() => api.createRole({ name, ...given, rights }), t('roles.made'), () => api.deleteRole(name));
    if (failed) return;
    onClose();
    navigate(`/settings/roles/${name}`);
  };
  const texts = [
    ['settings.object_zh', labels.label_zh, (text: string) => setLabels({ ...labels, label_zh: text })], ['settings.object_en', labels.label_en, (text: string) => setLabels({ ...labels, label_en: text })],
    ['fields.name', name, setOwn],
  ] as const;
  return (
    <FormDrawer onClose={onClose} title={t('roles.copy')} width={480}>
      <div className="record-form">
        <div className="record-field"><span className="record-label" aria-hidden>{t('roles.copy_of')}</span>
          <Select<string> aria-label={t('roles.copy_of')} value={source} options={roles.map((role) => ({ value: role.name, label: labelOf(role, language) }))} onChange={setSource} /></div>
        {texts.map(([key, value, set]) => (
          <div key={key} className="record-field"><span className="record-label" aria-hidden>{t(key)}</span>
            <Input value={value} maxLength={40} aria-label={t(key)} autoComplete="off" onChange={(event) => set(event.target.value)} onPressEnter={() => { if (name) once(save); }} /></div>
        ))}
        <Button type="primary" loading={busy} disabled={!name} onClick={() => once(save)}>{t('roles.make')}</Button>
      </div>
    </FormDrawer>
  );
}

function RoleList({ roles }: { roles: AccessRole[] }) {
  const { t, language } = useI18n();
  const staff = useStaff().data?.items ?? [];
  const [open, setOpen] = useState(false);
  return (
    <section className="card" aria-label={t('roles.title')}>
      <h2 className="section-title">{t('roles.title')}</h2>
      <ul>
        {roles.map((role) => (
          <li key={role.name} className="related-row">
            <Link href={`/settings/roles/${role.name}`}>{labelOf(role, language)}</Link>
            <span className="related-facts muted small">
              {!role.builtin && <Tag>{t('settings.invented')}</Tag>}
              {role.builtin && role.changed && <Tag>{t('roles.changed')}</Tag>}
              {t('roles.people', { n: staff.filter((user) => user.role === role.name && user.active).length })}
            </span>
          </li>
        ))}
      </ul>
      <div className="editor-foot"><Button type="primary" icon={<CopyOutlined />} onClick={() => setOpen(true)}>{t('roles.copy')}</Button></div>
      {open && <CopyDrawer roles={roles} from="agent" onClose={() => setOpen(false)} />}
    </section>
  );
}

/* To delete the change of a role of the program brings the program's back; a role of one's own goes. */
function RemoveRole({ role, onClose }: { role: AccessRole; onClose: () => void }) {
  const { t, language } = useI18n();
  const change = useChange(['roles', 'objects'], { 409: 'roles.still_used' });
  const [, navigate] = useLocation();
  const name = labelOf(role, language);
  const { label_zh, label_en, rights } = role;
  const remove = async (): Promise<void> => {
    const undo = () => (role.builtin ? api.updateRole(role.name, { label_zh, label_en, rights }) : api.createRole({ name: role.name, label_zh, label_en, rights }));
    const failed = await change(() => api.deleteRole(role.name), t(role.builtin ? 'roles.is_reset' : 'roles.deleted', { name }), undo);
    if (!failed && !role.builtin) navigate('/settings/roles');
  };
  return (
    <Ask title={t(role.builtin ? 'roles.reset_ask' : 'roles.delete_ask', { name })} action={t(role.builtin ? 'roles.reset' : 'roles.delete')} onDone={remove} onClose={onClose}>
      <p>{t(role.builtin ? 'roles.reset_what' : 'roles.delete_what')}</p>
    </Ask>
  );
}

function RolePage({ role, roles }: { role: AccessRole; roles: AccessRole[] }) {
  const { t, language } = useI18n();
  const change = useChange(['roles', 'objects']);
  const before = { label_zh: role.label_zh, label_en: role.label_en, rights: role.rights };
  const [labels, setLabels] = useState({ label_zh: role.label_zh, label_en: role.label_en });
  const [rights, setRights] = useState<Rights>(role.rights);
  const [dialog, setDialog] = useState<'copy' | 'remove' | null>(null);
  const fixed = role.name === ADMIN;
  const isChanged = !sameRights(rights, role.rights) || labels.label_zh !== role.label_zh || labels.label_en !== role.label_en;
  const save = (): void => void change(() => api.updateRole(role.name, { ...labels, rights }), t('roles.saved'), () => api.updateRole(role.name, before));
  const label = labelOf(role, language);
  return (
    <section className="card" aria-label={label}>
      <h2 className="section-title">{label}</h2>
      <div className="toolbar card-note">
        <Link href="/settings/roles">{t('roles.all')}</Link>
        <Input className="toolbar-select" disabled={fixed} value={labels.label_zh} maxLength={100} aria-label={t('settings.object_zh')} onChange={(event) => setLabels({ ...labels, label_zh: event.target.value })} />
        <Input className="toolbar-select" disabled={fixed} value={labels.label_en} maxLength={100} aria-label={t('settings.object_en')} onChange={(event) => setLabels({ ...labels, label_en: event.target.value })} />
        <Button icon={<CopyOutlined />} onClick={() => setDialog('copy')}>{t('roles.copy')}</Button>
        {!role.builtin && <Button danger icon={<DeleteOutlined />} onClick={() => setDialog('remove')}>{t('roles.delete')}</Button>}
        {role.builtin && role.changed && <Button icon={<UndoOutlined />} onClick={() => setDialog('remove')}>{t('roles.reset')}</Button>}
      </div>
      {fixed && <Alert className="card-note" type="info" showIcon title={t('roles.admin_fixed')} />}
      <RightsMatrix rights={rights} fixed={fixed} onChange={setRights} />
      {!fixed && (
        <div className="editor-foot">
          <Button type="primary" disabled={!isChanged} onClick={save}>{t('record.save')}</Button>
          {isChanged && <Button type="link" onClick={() => { setRights(role.rights); setLabels({ label_zh: role.label_zh, label_en: role.label_en }); }}>{t('roles.discard')}</Button>}
        </div>
      )}
      {dialog === 'copy' && <CopyDrawer roles={roles} from={role.name} onClose={() => setDialog(null)} />}
      {dialog === 'remove' && <RemoveRole role={role} onClose={() => setDialog(null)} />}
    </section>
  );
}

export function RolesPage({ name }: { name: string | undefined }) {
  const { t } = useI18n();
  const query = useRoles();
  if (query.isPending) return <ListSkeleton />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const roles = query.data.items;
  if (!name) return <RoleList roles={roles} />;
  const role = roles.find((each) => each.name === name);
  if (!role) return <EmptyState title={t('error.not_found')} action={<Link href="/settings/roles">{t('roles.all')}</Link>} />;
  return <RolePage key={JSON.stringify(role)} role={role} roles={roles} />;
}
