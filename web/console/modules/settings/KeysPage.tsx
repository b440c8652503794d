/* API keys: for programs, with what they may, until when, and when they were last used. The secret is shown once. */
import { KeyOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Checkbox, Input, Modal, Select, Tag } from 'antd';
import { useState } from 'react';
import type { AccessRole, ApiKey, CreatedKey } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useNow } from '../../common/now.ts';
import { labelOf } from '../../common/schema/objects.ts';
import { Ask } from '../../common/ui/Ask.tsx';
import { CopyText } from '../../common/ui/CopyText.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { FormDrawer } from '../../common/ui/FormDrawer.tsx';
import { useOnce } from '../../common/ui/useOnce.ts';
import { useRoles } from './queries.ts';
import { useChange } from './useChange.ts';

const SCOPES = ['read', 'write', 'chat', 'admin'] as const;
type Scope = (typeof SCOPES)[number];
const SPANS = [30, 90, 365, 0] as const; /* days; 0 = without end */
const DAY_MS = 86_400_000;
const STATE_COLOURS: Record<ApiKey['state'], string> = { active: 'success', expired: 'default', revoked: 'default' };

function scopesOf(text: string): readonly Scope[] {
  return text === 'all' ? SCOPES : SCOPES.filter((scope) => text.split(',').includes(scope));
}

function KeyDrawer({ roles, onDone, onClose }: { roles: AccessRole[]; onDone: (key: CreatedKey) => void; onClose: () => void }) {
  const { t, language } = useI18n();
  const now = useNow();
  const change = useChange(['keys']);
  const [busy, once] = useOnce();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<Scope[]>(['read']);
  const [role, setRole] = useState<string | null>(null);
  const [days, setDays] = useState<number>(90);
  const complete = name.trim() !== '' && scopes.length > 0;
  const make = async (): Promise<void> => {
    let made: CreatedKey | null = null;
    await change(async () => {
      made = await api.createKey({
        name: name.trim(), scope: scopes.join(','), ...(role ? { role } : {}), ...(days > 0 ? { expires_at: new Date(now + days * DAY_MS).toISOString() } : {}),
      });
    });
    if (made) onDone(made);
  };
  return (
    <FormDrawer onClose={onClose} title={t('keys.add')} width={480}>
      <form className="record-form" noValidate onSubmit={(event) => { event.preventDefault(); if (complete) once(make); }}>
        <div className="record-field"><span className="record-label" aria-hidden>{t('keys.name')}</span>
          <Input value={name} maxLength={200} placeholder={t('keys.name_hint')} aria-label={t('keys.name')} autoComplete="off" onChange={(event) => setName(event.target.value)} /></div>
        <fieldset className="field-set">
          <legend>{t('keys.scope')}</legend>
          {SCOPES.map((scope) => (
            <div key={scope} className="key-scope"><Checkbox checked={scopes.includes(scope)} onChange={(event) => setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))}>{t(`scope.${scope}`)}</Checkbox></div>
          ))}
        </fieldset>
        <div className="record-field"><span className="record-label" aria-hidden>{t('keys.role')}</span>
          <Select<string | null> allowClear aria-label={t('keys.role')} placeholder={t('keys.no_role')} value={role} options={roles.map((each) => ({ value: each.name, label: labelOf(each, language) }))} onChange={(value) => setRole(value ?? null)} /></div>
        <div className="record-field"><span className="record-label" aria-hidden>{t('keys.ends')}</span>
          <Select<number> aria-label={t('keys.ends')} value={days} options={SPANS.map((value) => ({ value, label: value > 0 ? t('keys.days', { n: value }) : t('keys.never') }))} onChange={setDays} /></div>
        <Button type="primary" htmlType="submit" loading={busy} disabled={!complete}>{t('keys.make')}</Button>
      </form>
    </FormDrawer>
  );
}

function KeyRow({ item, roles }: { item: ApiKey; roles: AccessRole[] }) {
  const { t, language } = useI18n();
  const change = useChange(['keys']);
  const [asking, setAsking] = useState(false);
  const role = roles.find((each) => each.name === item.role);
  const revoke = () => change(() => api.revokeKey(item.id), t('keys.is_revoked', { name: item.name }));
  return (
    <tr>
      <td>{item.name}</td>
      <td>{scopesOf(item.scope).map((scope) => <Tag key={scope}>{t(`scope_name.${scope}`)}</Tag>)}{item.role && <Tag>{role ? labelOf(role, language) : item.role}</Tag>}</td>
      <td><Tag color={STATE_COLOURS[item.state]}>{t(`key_state.${item.state}`)}</Tag></td>
      <td><Time at={item.created_at} /></td>
      <td>{item.expires_at ? <Time at={item.expires_at} /> : <span className="muted">{t('keys.never')}</span>}</td>
      <td>{item.used_at ? <Time at={item.used_at} /> : <span className="muted">{t('keys.unused')}</span>}</td>
      <td className="table-actions">
        {item.state === 'active' && <Button danger size="small" aria-label={t('keys.revoke_one', { name: item.name })} onClick={() => setAsking(true)}>{t('keys.revoke')}</Button>}
        {asking && <Ask title={t('keys.revoke_ask', { name: item.name })} action={t('keys.revoke')} onDone={revoke} onClose={() => setAsking(false)}><p>{t('keys.revoke_what')}</p></Ask>}
      </td>
    </tr>
  );
}

function MadeKey({ made, onClose }: { made: CreatedKey; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Modal open title={t('keys.made', { name: made.name })} okText={t('ask.done')} cancelButtonProps={{ hidden: true }} mask={{ closable: false }} onOk={onClose} onCancel={onClose}>
      <p className="card-note">{t('keys.once')}</p>
      <CopyText text={made.key} label={t('keys.secret')} copyLabel={t('keys.copy')} />
    </Modal>
  );
}

export function KeysPage() {
  const { t } = useI18n();
  const keys = useQuery({ queryKey: ['keys'], queryFn: ({ signal }) => api.keys(signal) });
  const roles = useRoles();
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<CreatedKey | null>(null);
  const failed = keys.error ?? roles.error;
  if (failed) return <ErrorState error={failed} onRetry={() => { void keys.refetch(); void roles.refetch(); }} />;
  if (!keys.data || !roles.data) return <ListSkeleton />;
  const heads = ['keys.name', 'keys.scope', 'people.state', 'keys.created', 'keys.ends', 'keys.used'] as const;
  const add = <Button type="primary" icon={<KeyOutlined />} onClick={() => setAdding(true)}>{t('keys.add')}</Button>;
  const known = roles.data.items;
  return (
    <section className="card">
      {keys.data.items.length === 0 ? <EmptyState title={t('keys.none')} hint={t('keys.none_hint')} action={add} /> : (
        <>
          <h2 className="section-title">{t('keys.title')}{add}</h2>
          <div className="table-box" tabIndex={0} role="region" aria-label={t('keys.title')}>
            <table className="plain-table is-wide">
              <thead><tr>{heads.map((head) => <th key={head} scope="col">{t(head)}</th>)}<th scope="col"><span className="unseen">{t('fields.actions')}</span></th></tr></thead>
              <tbody>{[...keys.data.items].reverse().map((item) => <KeyRow key={item.id} item={item} roles={known} />)}</tbody>
            </table>
          </div>
        </>
      )}
      {adding && <KeyDrawer roles={known} onClose={() => setAdding(false)} onDone={(key) => { setAdding(false); setMade(key); }} />}
      {made && <MadeKey made={made} onClose={() => setMade(null)} />}
    </section>
  );
}
