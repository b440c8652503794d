/* Where to begin: what is kept at hand, what was opened lately, and every object there is. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Mark } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { labelOf, listPath, recordPath, useObjects, workObjects } from '../../common/schema/objects.ts';
import { useSession } from '../../common/session/Session.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';

function Marks({ title, none, marks }: { title: string; none: string; marks: Mark[] }) {
  const { t, language } = useI18n();
  const { objects } = useObjects();
  return (
    <section className="card" aria-label={title}>
      <h2 className="section-title">{title}</h2>
      {marks.length === 0 && <p className="muted">{none}</p>}
      <ul>
        {marks.map((mark) => {
          const object = objects.find((each) => each.plural === mark.object);
          return (
            <li key={mark.object + mark.id} className="related-row">
              <Link href={recordPath(mark.object, mark.id)} className="ellipsis">{mark.title || t('record.untitled')}</Link>
              <span className="related-facts muted small">{object && labelOf(object, language)}<Time at={mark.at} /></span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const RECENT_SHOWN = 15;

export function RecordsHome() {
  const { t, language } = useI18n();
  usePageTitle(t('nav.records'));
  const { user } = useSession();
  const { query, objects } = useObjects();
  const recent = useQuery({ queryKey: ['recent'], queryFn: ({ signal }) => api.recent(signal) });
  const favourites = useQuery({ queryKey: ['favourites'], queryFn: ({ signal }) => api.favourites(signal) });
  if (query.isPending) return <div className="page"><ListSkeleton /></div>;
  if (query.isError) return <div className="page"><ErrorState error={query.error} onRetry={() => void query.refetch()} /></div>;
  return (
    <div className="page">
      <header className="page-head">
        <h1 className="page-title">{t('nav.records')}</h1>
      </header>
      <nav aria-label={t('records.objects')}>
        <ul className="object-tiles">
          {workObjects(objects).map((object) => <li key={object.plural}><Link href={listPath(object.plural)} className="object-tile">{labelOf(object, language)}</Link></li>)}
          <li><Link href="/knowledge" className="object-tile">{t('nav.knowledge')}</Link></li>
          <li><Link href="/reports/voice" className="object-tile">{t('nav.reports')}</Link></li>
          {user.role === 'admin' && <li><Link href="/model" className="object-tile">{t('nav.model')}</Link></li>}
        </ul>
      </nav>
      <div className="record">
        <Marks title={t('records.recent')} none={t('records.recent_none')} marks={(recent.data?.items ?? []).slice(0, RECENT_SHOWN)} />
        <Marks title={t('records.favourites')} none={t('records.favourites_none')} marks={favourites.data?.items ?? []} />
      </div>
    </div>
  );
}
