/* The story of a contact, newest first. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { Link } from 'wouter';
import type { TimelineItem } from '../../../shared/api/types.ts';
import { api } from '../api.ts';
import { useI18n } from '../i18n/I18n.tsx';
import { ErrorState, ListSkeleton } from '../ui/States.tsx';
import { Time } from '../ui/Time.tsx';

function TimelineRow({ item }: { item: TimelineItem }) {
  const { t } = useI18n();
  const title = item.kind === 'created' ? t('timeline.created') : item.title;
  return (
    <li className={`timeline-item timeline-${item.kind}`}>
      <div className="timeline-head">
        {item.conversation_id
          ? <Link href={`/inbox/all/${item.conversation_id}`}>{title || t('timeline.conversation')}</Link>
          : <span>{title}</span>}
        <Time at={item.at} />
      </div>
      {item.text && <p className="timeline-text muted">{item.text}</p>}
      {item.actor_name && <p className="muted small">{t('timeline.by', { name: item.actor_name })}</p>}
    </li>
  );
}

export interface TimelineProps {
  contactId: string;
  except?: string; /* the conversation that is on the screen already */
}

export function Timeline({ contactId, except }: TimelineProps) {
  const { t } = useI18n();
  const query = useInfiniteQuery({
    queryKey: ['timeline', contactId],
    queryFn: ({ pageParam, signal }) => api.timeline(contactId, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_page_token,
  });
  if (query.isPending) return <ListSkeleton rows={2} />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const items = query.data.pages.flatMap((page) => page.items).filter((item) => !except || item.conversation_id !== except);
  if (items.length === 0) return <p className="muted">{t('timeline.empty')}</p>;
  return (
    <>
      <ol className="timeline">
        {items.map((item, index) => <TimelineRow key={`${item.at}${index}`} item={item} />)}
      </ol>
      {query.hasNextPage && (
        <Button size="small" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('list.more')}</Button>
      )}
    </>
  );
}
