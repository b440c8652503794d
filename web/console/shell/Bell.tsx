/* What one is told: how much is unread, the list, and the way to each record. News come by the event stream. */
import { BellOutlined } from '@ant-design/icons';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Badge, Button, Popover } from 'antd';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Notification } from '../../shared/api/types.ts';
import { useActions } from '../common/actions/Actions.tsx';
import { api } from '../common/api.ts';
import { useI18n } from '../common/i18n/I18n.tsx';
import { recordPath } from '../common/schema/objects.ts';
import { EmptyState, ErrorState, ListSkeleton } from '../common/ui/States.tsx';
import { Time } from '../common/ui/Time.tsx';
import { useToasts } from '../common/ui/Toasts.tsx';

const PAGE_SIZE = 20;

function useNotifications() {
  const client = useQueryClient();
  const toasts = useToasts();
  const query = useInfiniteQuery({
    queryKey: ['notifications'],
    queryFn: ({ pageParam, signal }) => api.notifications({ page_size: PAGE_SIZE, page_token: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_page_token,
  });
  const after = (work: Promise<void>): void => void work.then(() => client.invalidateQueries({ queryKey: ['notifications'] }), toasts.failed);
  return {
    query, items: query.data?.pages.flatMap((page) => page.items) ?? [], unread: query.data?.pages[0]?.unread ?? 0,
    mark: (item: Notification, read: boolean) => after(api.markNotification(item.id, read)),
    markAll: () => after(api.markAllNotifications()),
  };
}

interface ItemProps {
  item: Notification;
  onOpen: () => void;
  onMark: (read: boolean) => void;
}

function Item({ item, onOpen, onMark }: ItemProps) {
  const { t } = useI18n();
  const isUnread = item.read_at === null;
  const title = item.title || t('record.untitled');
  return (
    <li className={`notice${isUnread ? ' is-unread' : ''}`}>
      <Link href={recordPath(item.object, item.record_id)} className="notice-link" onClick={onOpen}>
        <span>{isUnread && <span className="unseen">{t('notify.is_unread')} </span>}{title}</span>
        <span className="muted small">{t(`notify_kind.${item.kind}`)} · <Time at={item.at} /></span>
      </Link>
      <Button type="text" size="small" aria-label={t(isUnread ? 'notify.read_one' : 'notify.unread_one', { title })} onClick={() => onMark(isUnread)}>{t(isUnread ? 'notify.read' : 'notify.unread')}</Button>
    </li>
  );
}

export function Bell() {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const { query, items, unread, mark, markAll } = useNotifications();
  useActions([
    { id: 'notifications', label: t('notify.title'), section: t('section.general'), icon: <BellOutlined />, keys: 'g', run: () => setOpen(true) },
    { id: 'notifications-read', label: t('notify.read_all'), section: t('section.general'), whenTyped: true, enabled: unread > 0, run: markAll },
  ]);
  const opened = (item: Notification): void => {
    setOpen(false);
    if (item.read_at === null) mark(item, true);
  };
  const content = (
    <div className="notices" role="dialog" aria-label={t('notify.title')}>
      <h2 className="section-title">{t('notify.title')}<Button type="link" size="small" disabled={unread === 0} onClick={markAll}>{t('notify.read_all')}</Button></h2>
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <ListSkeleton rows={3} />}
      {query.isSuccess && items.length === 0 && <EmptyState title={t('notify.none')} hint={t('notify.none_hint')} />}
      <ul>{items.map((item) => <Item key={item.id} item={item} onOpen={() => opened(item)} onMark={(read) => mark(item, read)} />)}</ul>
      {query.hasNextPage && <Button block loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('audit.more')}</Button>}
    </div>
  );
  return (
    <Popover open={open} onOpenChange={setOpen} trigger="click" placement="rightBottom" content={content} arrow={false}>
      <button type="button" className="rail-link rail-bell" aria-haspopup="dialog" aria-expanded={open} onKeyDown={(event) => { if (event.key === 'Escape') setOpen(false); }}>
        <Badge count={unread} size="small" color="var(--zy-badge)" overflowCount={99} title=""><BellOutlined aria-hidden /></Badge>
        <span className="rail-label">{t('notify.nav')}</span>
        <span className="unseen" role="status">{unread > 0 ? t('notify.count', { n: unread }) : ''}</span>
      </button>
    </Popover>
  );
}
