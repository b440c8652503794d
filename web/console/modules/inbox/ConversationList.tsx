import { FieldTimeOutlined } from '@ant-design/icons';
import { Badge, Button, Tooltip } from 'antd';
import { useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { Conversation } from '../../../shared/api/types.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useConversationCounts, useInboxStore } from '../../common/live/Live.tsx';
import { FILTERS, LISTS, sortConversations, useConversationList, type Filter, type Sort } from '../../common/live/lists.ts';
import { useSession } from '../../common/session/Session.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { ConversationItem } from './ConversationItem.tsx';
import { EmbedCode } from './EmbedCode.tsx';
import { useStableOrder } from './useStableOrder.ts';


export function useRows(filter: Filter, sort: Sort): Conversation[] {
  const store = useInboxStore();
  const { user } = useSession();
  const version = store.version();
  const pages = useConversationList(filter).data?.pages;
  /* The store also knows older rows from other lists. While this list has more to load, those beyond
     its end stay out, or they would stand where rows are still missing. */
  const last = pages?.[pages.length - 1];
  const end = (last?.next_page_token && sort === 'newest' && last.items[last.items.length - 1]?.updated_at) || '';
  return useMemo(
    () => sortConversations(store.all().filter((each) => LISTS[filter].has(each, user.id) && each.updated_at >= end), sort),
    // The store keeps its identity; its version says when it changed.
    [store, version, filter, sort, end, user.id],
  );
}

function Filters({ filter, query }: { filter: Filter; query: string }) {
  const { t } = useI18n();
  const { mine, unassigned } = useConversationCounts();
  const counts: Partial<Record<Filter, number>> = { mine, unassigned };
  return (
    <nav className="filters" aria-label={t('inbox.filters')}>
      {FILTERS.map((each) => (
        <Link key={each} href={`/inbox/${each}${query}`} className={`filter${each === filter ? ' is-selected' : ''}`} aria-current={each === filter ? 'page' : undefined}>
          {t(`filter.${each}`)}
          {counts[each] !== undefined && <Badge className="filter-count" size="small" color="var(--zy-primary)" count={counts[each]} overflowCount={999} title="" />}
        </Link>
      ))}
    </nav>
  );
}

export interface ConversationListProps {
  filter: Filter;
  sort: Sort;
  selectedId: string | null;
  onSort: (sort: Sort) => void;
}

export function ConversationList({ filter, sort, selectedId, onSort }: ConversationListProps) {
  const { t } = useI18n();
  const store = useInboxStore();
  const query = useConversationList(filter);
  const [held, setHeld] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const { rows, waiting } = useStableOrder(useRows(filter, sort), held, `${filter}${sort}`);
  const search = sort === 'waiting' ? '?sort=waiting' : '';
  const release = (): void => {
    setHeld(false);
    box.current?.scrollTo({ top: 0 });
  };

  return (
    <section className="pane pane-list" aria-label={t('inbox.list')}>
      <header className="list-head">
        <h1 className="page-title">{t('nav.inbox')}</h1>
        <Tooltip title={t('sort.label')}>
          <Button type="text" icon={<FieldTimeOutlined />} onClick={() => onSort(sort === 'waiting' ? 'newest' : 'waiting')}>
            {t(`sort.${sort}`)}
          </Button>
        </Tooltip>
      </header>
      <Filters filter={filter} query={search} />
      {waiting > 0 && <button type="button" className="list-news" onClick={release}>{t('inbox.news', { n: waiting })}</button>}
      <div className="list-scroll" ref={box} onPointerEnter={(event) => setHeld(event.pointerType === 'mouse')} onPointerLeave={() => setHeld(false)}>
        {rows.length > 0 && (
          <ul className="items">
            {rows.map((each) => (
              <ConversationItem key={each.id} conversation={each} selected={each.id === selectedId}
                unread={each.id !== selectedId && store.isUnread(each)} href={`/inbox/${filter}/${each.id}${search}`} />
            ))}
          </ul>
        )}
        {query.isPending && rows.length === 0 && <ListSkeleton />}
        {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
        {query.isSuccess && rows.length === 0 && <EmptyState title={t(`empty.${filter}`)} hint={t(`empty.${filter}_hint`)} action={filter === 'all' && <EmbedCode />} />}
        {query.hasNextPage && rows.length > 0 && (
          <Button block type="text" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('list.more')}</Button>
        )}
      </div>
    </section>
  );
}
