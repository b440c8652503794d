/* The story of a contact, newest first. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { Link } from 'wouter';
import type { Language, TimelineItem } from '../../../shared/api/types.ts';
import { api } from '../api.ts';
import { useI18n, type Translate } from '../i18n/I18n.tsx';
import { ErrorState, ListSkeleton } from '../ui/States.tsx';
import { Time } from '../ui/Time.tsx';

const FIELDS = ['name', 'email', 'phone', 'title', 'tags'] as const;
const ACTORS = ['visitor', 'key', 'system'] as const; /* who has no name */
const STATES = ['open', 'pending', 'handed_over', 'resolved'] as const;

/* The audit tells which fields changed as {"fields": […]}; anything else is text, or nothing. */
function changedFields(text: string): string[] | null {
  try {
    const value = JSON.parse(text) as { fields?: unknown } | null;
    if (typeof value !== 'object' || value === null) return null;
    return Array.isArray(value.fields) ? value.fields.filter((each): each is string => typeof each === 'string') : [];
  } catch {
    return null;
  }
}

function describe(item: TimelineItem, t: Translate, language: Language): { title: string; text: string | null } {
  if (item.kind === 'created') return { title: t('timeline.created'), text: null };
  if (item.kind === 'conversation') {
    const state = STATES.find((each) => each === item.title);
    return { title: state ? t(`timeline.${state}`) : item.title || t('timeline.conversation'), text: item.text };
  }
  if (item.kind !== 'change') return { title: item.title, text: item.text };
  const fields = changedFields(item.text ?? '');
  if (item.title === 'delete') return { title: t('timeline.deleted'), text: null };
  if (item.title === 'restore') return { title: t('timeline.restored'), text: null };
  if (!fields) return { title: item.title, text: item.text };
  const names = fields.map((name) => {
    const known = FIELDS.find((each) => each === name);
    return known ? t(`contact.${known}`) : name;
  });
  const list = new Intl.ListFormat(language === 'zh' ? 'zh-CN' : 'en', { type: 'conjunction' }).format(names);
  return { title: names.length > 0 ? t('timeline.changed', { fields: list }) : t('timeline.updated'), text: null };
}

function actorName(name: string, t: Translate): string {
  const kind = ACTORS.find((each) => each === name);
  return kind ? t(`actor.${kind}`) : name;
}

function TimelineRow({ item }: { item: TimelineItem }) {
  const { t, language } = useI18n();
  const { title, text } = describe(item, t, language);
  return (
    <li className={`timeline-item timeline-${item.kind}`}>
      <div className="timeline-head">
        {item.conversation_id
          ? <Link href={`/inbox/all/${item.conversation_id}`}>{title}</Link>
          : <span>{title}</span>}
        <Time at={item.at} />
      </div>
      {text && <p className="timeline-text muted">{text}</p>}
      {item.actor_name && <p className="muted small">{t('timeline.by', { name: actorName(item.actor_name, t) })}</p>}
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
