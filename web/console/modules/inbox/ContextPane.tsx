/* Who this is and how it came here. */
import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Tag } from 'antd';
import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { ContactInput, Conversation } from '../../../shared/api/types.ts';
import { webAddress } from '../../../shared/text.ts';
import { api } from '../../common/api.ts';
import { ContactFacts } from '../../common/contact/ContactFacts.tsx';
import { Timeline } from '../../common/contact/Timeline.tsx';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useLive } from '../../common/live/Live.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { MoodLine } from './MoodLine.tsx';
import { reasonText } from './people.ts';
import { Stated, useStated } from './Stated.tsx';

function Section({ title, extra, children }: { title: string; extra?: ReactNode; children: ReactNode }) {
  return (
    <section className="context-section">
      <h2 className="section-title">{title}{extra}</h2>
      {children}
    </section>
  );
}

function Handover({ conversation }: { conversation: Conversation }) {
  const { t } = useI18n();
  if (!conversation.handover_reason && !conversation.handover_summary) return null;
  return (
    <Section title={t('context.handover')}>
      {conversation.handover_reason && <Tag color="warning">{reasonText(conversation.handover_reason, t)}</Tag>}
      {conversation.handover_summary && <p className="summary">{conversation.handover_summary}</p>}
    </Section>
  );
}

function KnownContact({ id }: { id: string }) {
  const query = useQuery({ queryKey: ['contact', id], queryFn: ({ signal }) => api.contact(id, signal) });
  if (query.isPending) return <ListSkeleton rows={2} />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <ContactFacts contact={query.data} />;
}

function AddContact({ conversation }: { conversation: Conversation }) {
  const { t } = useI18n();
  const { store } = useLive();
  const toasts = useToasts();
  const [saving, setSaving] = useState(false);
  const save = async (values: ContactInput): Promise<void> => {
    const input = Object.fromEntries(Object.entries(values).filter(([, value]) => value)) as ContactInput;
    setSaving(true);
    try {
      const contact = await api.leaveContact(conversation.id, input);
      const now = store.get(conversation.id) ?? conversation;
      store.upsert([{ ...now, contact_id: contact.id, contact_name: contact.name }]);
    } catch (error) {
      toasts.failed(error, t('contact.not_saved'));
    } finally {
      setSaving(false);
    }
  };
  return (
    <Form layout="vertical" size="small" onFinish={(values: ContactInput) => void save(values)} requiredMark={false}>
      <p className="muted">{t('context.no_contact')}</p>
      <Form.Item name="name" label={t('contact.name')}><Input autoComplete="off" maxLength={200} /></Form.Item>
      <Form.Item name="email" label={t('contact.email')} rules={[{ type: 'email' }]}><Input autoComplete="off" maxLength={254} /></Form.Item>
      <Form.Item name="phone" label={t('contact.phone')}><Input autoComplete="off" maxLength={30} /></Form.Item>
      <Button htmlType="submit" loading={saving}>{t('context.add_contact')}</Button>
    </Form>
  );
}

function Origin({ conversation }: { conversation: Conversation }) {
  const { t } = useI18n();
  const page = webAddress(conversation.page_url);
  return (
    <Section title={t('context.conversation')}>
      <dl className="plain-facts">
        <dt>{t('context.channel')}</dt><dd>{conversation.channel === 'web' ? t('channel.web') : conversation.channel === 'api' ? t('channel.api') : conversation.channel}</dd>
        <dt>{t('context.language')}</dt><dd>{t(`language.${conversation.language}`)}</dd>
        <dt>{t('context.started')}</dt><dd><Time at={conversation.created_at} /></dd>
        {page && <><dt>{t('context.page')}</dt><dd className="ellipsis"><a href={page} target="_blank" rel="noopener nofollow noreferrer" title={page}>{page}</a></dd></>}
      </dl>
    </Section>
  );
}

export function ContextPane({ conversation }: { conversation: Conversation }) {
  const { t } = useI18n();
  const id = conversation.contact_id;
  const stated = useStated(conversation.id, conversation.last_message?.at ?? conversation.created_at);
  return (
    <div className="context">
      {conversation.state === 'pending' && <Alert type="info" showIcon title={t('context.pending')} />}
      <Handover conversation={conversation} />
      <Section title={t('context.contact')} extra={id && <Link className="small" href={`/contacts/${id}`}>{t('context.open_contact')}</Link>}>
        {id ? <KnownContact id={id} /> : <AddContact key={conversation.id} conversation={conversation} />}
        {id && <MoodLine contactId={id} />}
      </Section>
      {stated && stated.items.length + stated.requests.length + stated.aspects.length > 0 && <Section title={t('context.stated')}><Stated {...stated} /></Section>}
      <Origin conversation={conversation} />
      {id && <Section title={t('context.earlier')}><Timeline contactId={id} except={conversation.id} /></Section>}
    </div>
  );
}
