/* The page of one contact: the story first, then the facts. */
import { ArrowLeftOutlined, DeleteOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Tag } from 'antd';
import { Link, useLocation } from 'wouter';
import type { Contact } from '../../../shared/api/types.ts';
import { useActions } from '../../common/actions/Actions.tsx';
import { api } from '../../common/api.ts';
import { ContactFacts } from '../../common/contact/ContactFacts.tsx';
import { Timeline } from '../../common/contact/Timeline.tsx';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

function Facts({ contact }: { contact: Contact }) {
  const { t } = useI18n();
  return (
    <section className="card" aria-label={t('contact.facts')}>
      <h2 className="section-title">{t('contact.facts')}</h2>
      <ContactFacts contact={contact} />
      <dl className="plain-facts">
        {contact.source && <><dt>{t('contact.source')}</dt><dd>{contact.source}</dd></>}
        {contact.language && <><dt>{t('context.language')}</dt><dd>{t(`language.${contact.language}`)}</dd></>}
        <dt>{t('contact.created_at')}</dt><dd><Time at={contact.created_at} /></dd>
        {contact.tags.length > 0 && <><dt>{t('contact.tags')}</dt><dd>{contact.tags.map((tag) => <Tag key={tag}>{tag}</Tag>)}</dd></>}
      </dl>
    </section>
  );
}

export function ContactRecord({ id }: { id: string }) {
  const { t } = useI18n();
  const toasts = useToasts();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const query = useQuery({ queryKey: ['contact', id], queryFn: ({ signal }) => api.contact(id, signal) });
  const name = query.data ? query.data.name || t('contact.unnamed') : t(query.isError ? 'nav.contacts' : 'state.loading');
  usePageTitle(name);

  const refresh = (): void => void client.invalidateQueries({ queryKey: ['contacts'] });
  const remove = async (): Promise<void> => {
    try {
      await api.deleteContact(id);
      navigate('/contacts');
      client.removeQueries({ queryKey: ['contact', id] });
      refresh();
      toasts.undoable(t('contact.deleted', { name }), () => void api.restoreContact(id).then(() => {
        refresh();
        navigate(`/contacts/${id}`);
      }, toasts.failed));
    } catch (error) {
      toasts.failed(error, t('contact.not_deleted'));
    }
  };
  useActions([{ id: 'delete-contact', label: t('contact.delete'), section: t('nav.contacts'), icon: <DeleteOutlined />, isDanger: true, enabled: query.isSuccess, run: () => void remove() }]);

  return (
    <div className="page">
      <header className="page-head">
        <div className="page-head-name">
          <Link href="/contacts" className="icon-link" aria-label={t('contacts.back')}><ArrowLeftOutlined /></Link>
          <h1 className="page-title">{name}</h1>
        </div>
        {query.isSuccess && <Button danger icon={<DeleteOutlined />} onClick={() => void remove()}>{t('contact.delete')}</Button>}
      </header>
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <ListSkeleton />}
      {query.isSuccess && (
        <div className="record">
          <section className="card" aria-label={t('contact.story')}>
            <h2 className="section-title">{t('contact.story')}</h2>
            <Timeline contactId={id} />
          </section>
          <Facts contact={query.data} />
        </div>
      )}
    </div>
  );
}
