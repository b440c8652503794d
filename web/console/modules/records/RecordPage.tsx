/* The page of one record: the story first, then the facts, then what refers to it. */
import { ArrowLeftOutlined, DeleteOutlined, StarFilled, StarOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useEffect } from 'react';
import { Link, useLocation } from 'wouter';
import { useActions } from '../../common/actions/Actions.tsx';
import { api } from '../../common/api.ts';
import { Timeline } from '../../common/contact/Timeline.tsx';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { expandFor, labelOf, listPath, may, recordPath, titleOf, type DeclaredObject } from '../../common/schema/objects.ts';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { ConvertLead } from './ConvertLead.tsx';
import { Facts } from './Facts.tsx';
import { NotesBox, useNoteField } from './NotesBox.tsx';
import { Related } from './Related.tsx';
import { useRecordChanges } from './useRecords.ts';

function useStar(object: DeclaredObject, id: string, isThere: boolean) {
  const toasts = useToasts();
  const client = useQueryClient();
  const favourites = useQuery({ queryKey: ['favourites'], queryFn: ({ signal }) => api.favourites(signal), staleTime: 60_000 });
  const isOn = favourites.data?.items.some((mark) => mark.object === object.plural && mark.id === id) ?? false;
  useEffect(() => {
    /* That it was opened is only for the list of what was opened: no matter when it is not noted. */
    if (isThere) api.noteOpened(object.plural, id).then(() => client.invalidateQueries({ queryKey: ['recent'] }), () => undefined);
  }, [object.plural, id, isThere, client]);
  const toggle = (): void => {
    const done = (): void => void client.invalidateQueries({ queryKey: ['favourites'] });
    (isOn ? api.removeFavourite(object.plural, id) : api.addFavourite(object.plural, id)).then(done, toasts.failed);
  };
  return { isOn, toggle };
}

function Story({ object, id }: { object: DeclaredObject; id: string }) {
  const { t } = useI18n();
  const of = (['contacts', 'companies'] as const).find((each) => each === object.plural);
  if (!of) return null; /* of others the server tells no story */
  return (
    <section className="card" aria-label={t('contact.story')}>
      <h2 className="section-title">{t('contact.story')}</h2>
      <Timeline contactId={id} of={of} />
    </section>
  );
}

export function RecordPage({ object, id }: { object: DeclaredObject; id: string }) {
  const { t, language } = useI18n();
  const toasts = useToasts();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { refresh } = useRecordChanges(object);
  const canWrite = may(object, 'update');
  const canDelete = may(object, 'delete');
  const noteField = useNoteField(object);
  const query = useQuery({ queryKey: ['record', object.plural, id, 'page'], queryFn: ({ signal }) => api.record(object.plural, id, { expand: expandFor(object.fields) }, signal) });
  const label = labelOf(object, language);
  const name = query.data ? titleOf(object, query.data, t) : query.isError ? label : t('state.loading');
  usePageTitle(name);
  const star = useStar(object, id, query.isSuccess);

  const remove = async (): Promise<void> => {
    try {
      await api.deleteRecord(object.plural, id);
      navigate(listPath(object.plural));
      client.removeQueries({ queryKey: ['record', object.plural, id] });
      refresh();
      toasts.undoable(t('record.deleted', { name }), () => void api.restoreRecord(object.plural, id).then(() => {
        refresh();
        navigate(recordPath(object.plural, id));
      }, toasts.failed));
    } catch (error) {
      toasts.failed(error, t('record.not_deleted'));
    }
  };
  const isOpen = query.isSuccess;
  useActions([
    { id: 'star-record', label: t(star.isOn ? 'record.unstar' : 'record.star'), section: label, icon: <StarOutlined />, keys: 's', enabled: isOpen, run: star.toggle },
    { id: 'delete-record', label: t('record.delete'), section: label, icon: <DeleteOutlined />, isDanger: true, enabled: isOpen && canDelete, run: () => void remove() },
    { id: 'leave-record', label: t('record.back', { object: label }), section: label, keys: 'Escape', inPalette: false, run: () => navigate(listPath(object.plural)) },
  ]);
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-head-name">
          <Link href={listPath(object.plural)} className="icon-link" aria-label={t('record.back', { object: label })}><ArrowLeftOutlined /></Link>
          <h1 className="page-title">{name}</h1>
          {isOpen && <Button type="text" icon={star.isOn ? <StarFilled className="star-on" /> : <StarOutlined />} aria-pressed={star.isOn} aria-label={t('record.star')} onClick={star.toggle} />}
        </div>
        <span className="section-actions">
          {isOpen && object.plural === 'leads' && <ConvertLead object={object} row={query.data} />}
          {isOpen && canDelete && <Button danger icon={<DeleteOutlined />} onClick={() => void remove()}>{t('record.delete')}</Button>}
        </span>
      </header>
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <ListSkeleton />}
      {query.isSuccess && (
        <div className="record">
          <div className="record-main">
            {noteField && <NotesBox field={noteField} id={id} />}
            <Story object={object} id={id} />
            <Related object={object} id={id} />
          </div>
          <Facts object={object} row={query.data} canWrite={canWrite} />
        </div>
      )}
    </div>
  );
}
