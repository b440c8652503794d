/* Webhooks: who elsewhere is told of changes, with what was sent and what came back. The secret is shown once. */
import { ApiOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Input, Modal, Select, Tag } from 'antd';
import { useState } from 'react';
import type { CreatedWebhook, Webhook } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n, type Translate } from '../../common/i18n/I18n.tsx';
import { labelOf, useObjects } from '../../common/schema/objects.ts';
import { Ask } from '../../common/ui/Ask.tsx';
import { CopyText } from '../../common/ui/CopyText.tsx';
import { FormDrawer } from '../../common/ui/FormDrawer.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { Deliveries } from './Deliveries.tsx';
import { useChange } from './useChange.ts';

const EVERYTHING = '*';

function stateOf({ active, failing_since, paused_because }: Webhook, t: Translate): { colour: string; text: string } {
  if (!active) return { colour: 'default', text: paused_because ? t('webhooks.paused_because', { why: paused_because }) : t('webhooks.paused') };
  return failing_since ? { colour: 'warning', text: t('webhooks.failing') } : { colour: 'success', text: t('webhooks.active') };
}

function useEvents(): { value: string; label: string }[] {
  const { t, language } = useI18n();
  const { objects } = useObjects();
  return [
    { value: EVERYTHING, label: t('webhooks.everything') },
    ...objects.filter((each) => !each.admin_only).map((each) => ({ value: `${each.name}.*`, label: `${labelOf(each, language)} (${each.name}.*)` })),
    { value: 'conversation.message', label: t('webhooks.messages') },
  ];
}

function NewWebhookDrawer({ onDone, onClose }: { onDone: (made: CreatedWebhook) => void; onClose: () => void }) {
  const { t } = useI18n();
  const change = useChange(['webhooks'], { 422: 'webhooks.wrong' });
  const options = useEvents();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<string[]>([EVERYTHING]);
  const complete = name.trim() !== '' && /^https?:\/\/./.test(url.trim()) && events.length > 0;
  const make = async (): Promise<void> => {
    let made: CreatedWebhook | null = null;
    await change(async () => {
      made = await api.createWebhook({ name: name.trim(), url: url.trim(), events, active: true });
    });
    if (made) onDone(made);
  };
  return (
    <FormDrawer onClose={onClose} title={t('webhooks.add')} width={480}>
      <form className="record-form" noValidate onSubmit={(event) => { event.preventDefault(); if (complete) void make(); }}>
        <div className="record-field"><span className="record-label" aria-hidden>{t('webhooks.name')}</span>
          <Input autoFocus value={name} maxLength={100} aria-label={t('webhooks.name')} autoComplete="off" onChange={(event) => setName(event.target.value)} /></div>
        <div className="record-field"><span className="record-label" aria-hidden>{t('webhooks.url')}</span>
          <Input value={url} type="url" maxLength={2000} aria-label={t('webhooks.url')} autoComplete="off" onChange={(event) => setUrl(event.target.value)} />
          <p className="muted small">{t('webhooks.url_hint')}</p></div>
        <div className="record-field"><span className="record-label" aria-hidden>{t('webhooks.events')}</span>
          <Select<string[]> mode="tags" aria-label={t('webhooks.events')} value={events} options={options} onChange={setEvents} />
          <p className="muted small">{t('webhooks.events_hint')}</p></div>
        <Button type="primary" htmlType="submit" disabled={!complete}>{t('webhooks.make')}</Button>
      </form>
    </FormDrawer>
  );
}

interface RowProps {
  item: Webhook;
  onSecret: (made: CreatedWebhook) => void;
  onDeliveries: () => void;
}

function Row({ item, onSecret, onDeliveries }: RowProps) {
  const { t } = useI18n();
  const change = useChange(['webhooks', 'deliveries']);
  const [asking, setAsking] = useState<'delete' | 'renew' | null>(null);
  const { name } = item;
  const state = stateOf(item, t);
  const setActive = (active: boolean): void => void change(() => api.updateWebhook(item.id, { active }), t(active ? 'webhooks.is_resumed' : 'webhooks.is_paused', { name }));
  const test = (): void => void change(async () => {
    await api.testWebhook(item.id);
    onDeliveries();
  }, t('webhooks.tested'));
  const renew = () => change(async () => onSecret(await api.renewWebhookSecret(item.id)));
  return (
    <tr>
      <td>{name}<div className="muted small webhook-url">{item.url}</div></td>
      <td>{item.events.map((event) => <Tag key={event}>{event === EVERYTHING ? t('webhooks.everything') : event}</Tag>)}</td>
      <td><Tag color={state.colour}>{state.text}</Tag>{item.failing_since && <Time at={item.failing_since} />}</td>
      <td className="table-actions"><span className="section-actions">
        <Button size="small" aria-label={t('webhooks.deliveries_of', { name })} onClick={onDeliveries}>{t('webhooks.deliveries')}</Button>
        <Button size="small" disabled={!item.active} aria-label={t('webhooks.test_one', { name })} onClick={test}>{t('webhooks.test')}</Button>
        <Button size="small" aria-label={t(item.active ? 'webhooks.pause_one' : 'webhooks.resume_one', { name })} onClick={() => setActive(!item.active)}>{t(item.active ? 'webhooks.pause' : 'webhooks.resume')}</Button>
        <Button size="small" aria-label={t('webhooks.renew_one', { name })} onClick={() => setAsking('renew')}>{t('webhooks.renew')}</Button>
        <Button danger size="small" aria-label={t('webhooks.delete_it', { name })} onClick={() => setAsking('delete')}>{t('record.delete')}</Button>
      </span>
        {asking === 'renew' && <Ask title={t('webhooks.renew_ask', { name })} action={t('webhooks.renew')} onDone={renew} onClose={() => setAsking(null)}><p>{t('webhooks.renew_what')}</p></Ask>}
        {asking === 'delete' && <Ask title={t('webhooks.delete_ask', { name })} action={t('record.delete')} onDone={() => change(() => api.deleteWebhook(item.id), t('record.deleted', { name }))} onClose={() => setAsking(null)}><p>{t('webhooks.delete_what')}</p></Ask>}
      </td>
    </tr>
  );
}

function Secret({ made, onClose }: { made: CreatedWebhook; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Modal open title={t('webhooks.made', { name: made.name })} okText={t('ask.done')} cancelButtonProps={{ hidden: true }} mask={{ closable: false }} onOk={onClose} onCancel={onClose}>
      <p className="card-note">{t('webhooks.once')}</p>
      <CopyText text={made.secret} label={t('webhooks.secret')} copyLabel={t('webhooks.copy')} />
    </Modal>
  );
}

export function WebhooksPage() {
  const { t } = useI18n();
  const query = useQuery({ queryKey: ['webhooks'], queryFn: ({ signal }) => api.webhooks(signal) });
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<CreatedWebhook | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <ListSkeleton />;
  const add = <Button type="primary" icon={<ApiOutlined />} onClick={() => setAdding(true)}>{t('webhooks.add')}</Button>;
  const current = query.data.items.find((item) => item.id === shown);
  return (
    <section className="card">
      {query.data.items.length === 0 ? <EmptyState title={t('webhooks.none')} hint={t('webhooks.none_hint')} action={add} /> : (
        <>
          <h2 className="section-title">{t('webhooks.title')}{add}</h2>
          <div className="table-box" tabIndex={0} role="region" aria-label={t('webhooks.title')}>
            <table className="plain-table">
              <thead><tr><th scope="col">{t('webhooks.name')}</th><th scope="col">{t('webhooks.events')}</th><th scope="col">{t('people.state')}</th><th scope="col"><span className="unseen">{t('fields.actions')}</span></th></tr></thead>
              <tbody>{query.data.items.map((item) => <Row key={item.id} item={item} onSecret={setMade} onDeliveries={() => setShown(item.id)} />)}</tbody>
            </table>
          </div>
        </>
      )}
      {adding && <NewWebhookDrawer onClose={() => setAdding(false)} onDone={(webhook) => { setAdding(false); setMade(webhook); }} />}
      {made && <Secret made={made} onClose={() => setMade(null)} />}
      {current && <Deliveries webhook={current} onClose={() => setShown(null)} />}
    </section>
  );
}
