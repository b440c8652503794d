/* The story of a contact or company, newest first. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { Link } from 'wouter';
import type { TimelineItem } from '../../../shared/api/types.ts';
import { api } from '../api.ts';
import { useI18n, type I18n, type Translate } from '../i18n/I18n.tsx';
import { fieldOf, labelOf, recordPath, useObject, type DeclaredField, type DeclaredObject } from '../schema/objects.ts';
import { valueText } from '../schema/Value.tsx';
import { ErrorState, ListSkeleton } from '../ui/States.tsx';
import { Time } from '../ui/Time.tsx';

const ACTORS = ['visitor', 'key', 'system'] as const; /* who has no name */
const STATES = ['open', 'pending', 'handed_over', 'resolved'] as const;

/* What changed, as the audit keeps it: {"changes": {"email": [before, after]}}; anything else is text, or nothing. */
function readChanges(text: string): Record<string, [unknown, unknown]> | null {
  try {
    const value = JSON.parse(text) as { changes?: unknown } | null;
    if (typeof value !== 'object' || value === null) return null;
    return typeof value.changes === 'object' && value.changes !== null ? (value.changes as Record<string, [unknown, unknown]>) : {};
  } catch {
    return null;
  }
}

interface Told {
  title: string;
  text: string | null;
}

function describeChanges(changes: Record<string, [unknown, unknown]>, contact: DeclaredObject | undefined, i18n: Pick<I18n, 't' | 'language'>): Told {
  const { t, language } = i18n;
  const field = (name: string): DeclaredField | undefined => contact && fieldOf(contact, name);
  const label = (name: string): string => {
    const known = field(name);
    return known ? labelOf(known, language) : name;
  };
  /* The record's own values beside it: what a currency says of an amount is not kept with the change. */
  const say = (name: string, value: unknown): string => {
    const known = field(name);
    const told = value === null || value === undefined || value === '' ? '' : known && contact && known.type !== 'reference' ? valueText(contact, { id: '', [name]: value }, known, i18n) : '';
    return told || t(value === null || value === undefined ? 'field.empty' : 'timeline.something');
  };
  const names = Object.keys(changes);
  const list = new Intl.ListFormat(language === 'zh' ? 'zh-CN' : 'en', { type: 'conjunction' }).format(names.map(label));
  const lines = names.map((name) => t('timeline.from_to', { field: label(name), before: say(name, changes[name]?.[0]), after: say(name, changes[name]?.[1]) }));
  return { title: names.length > 0 ? t('timeline.changed', { fields: list }) : t('timeline.updated'), text: lines.length > 0 ? lines.join('\n') : null };
}

function describe(item: TimelineItem, contact: DeclaredObject | undefined, i18n: Pick<I18n, 't' | 'language'>): Told {
  const { t } = i18n;
  if (item.kind === 'created') return { title: t('timeline.created'), text: null };
  if (item.kind === 'conversation') {
    const state = STATES.find((each) => each === item.title);
    return { title: state ? t(`timeline.${state}`) : item.title || t('timeline.conversation'), text: item.text };
  }
  if (item.kind !== 'change') return { title: item.title, text: item.text };
  if (item.title === 'delete') return { title: t('timeline.deleted'), text: null };
  if (item.title === 'restore') return { title: t('timeline.restored'), text: null };
  const changes = readChanges(item.text ?? '');
  return changes ? describeChanges(changes, contact, i18n) : { title: item.title, text: item.text };
}

function actorName(name: string, t: Translate): string {
  const kind = ACTORS.find((each) => each === name);
  return kind ? t(`actor.${kind}`) : name;
}

function TimelineRow({ item, of }: { item: TimelineItem; of: string }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { title, text } = describe(item, useObject(of), i18n);
  const object = useObject(item.object); /* a note has no title: what it is has to do */
  const isRecord = item.kind !== 'change' && item.kind !== 'created';
  return (
    <li className={`timeline-item timeline-${item.kind}`}>
      <div className="timeline-head">
        {item.conversation_id
          ? <Link href={`/inbox/all/${item.conversation_id}`}>{title}</Link>
          : isRecord ? <Link href={recordPath(item.object, item.id)}>{title || (object ? labelOf(object, i18n.language) : t('record.untitled'))}</Link>
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
  of?: 'contacts' | 'companies';
  except?: string; /* the conversation that is on the screen already */
}

export function Timeline({ contactId, of = 'contacts', except }: TimelineProps) {
  const { t } = useI18n();
  const query = useInfiniteQuery({
    queryKey: ['timeline', contactId, of],
    queryFn: ({ pageParam, signal }) => api.timeline(of, contactId, pageParam, signal),
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
        {items.map((item, index) => <TimelineRow key={`${item.at}${index}`} item={item} of={of} />)}
      </ol>
      {query.hasNextPage && (
        <Button size="small" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('list.more')}</Button>
      )}
    </>
  );
}
