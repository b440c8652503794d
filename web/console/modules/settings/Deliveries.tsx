/* What one webhook was told, newest first: state, answer, attempts, body; any of it can be sent again. */
import { ReloadOutlined } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Drawer, Tag } from 'antd';
import type { Webhook, WebhookDelivery } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { PHONE, useMedia } from '../../common/ui/useMedia.ts';
import { useChange } from './useChange.ts';

const WATCH_MS = 1500; /* as long as something is on its way */
const COLOURS: Record<WebhookDelivery['state'], string> = { pending: 'processing', delivered: 'success', given_up: 'error' };

function Delivery({ webhook, item }: { webhook: Webhook; item: WebhookDelivery }) {
  const { t } = useI18n();
  const change = useChange(['deliveries', 'webhooks']);
  const replay = (): void => void change(() => api.replayDelivery(webhook.id, item.id), t('webhooks.replayed'));
  return (
    <li className="delivery">
      <div className="delivery-head">
        <strong>{item.event}</strong>
        <Tag color={COLOURS[item.state]}>{t(`delivery_state.${item.state}`)}</Tag>
        <Time at={item.created_at} />
        <Button size="small" icon={<ReloadOutlined />} disabled={item.state === 'pending' && item.attempts === 0} aria-label={t('webhooks.replay_one', { event: item.event })} onClick={replay}>{t('webhooks.replay')}</Button>
      </div>
      <p className="muted small">
        {t('webhooks.attempts', { n: item.attempts })}
        {item.status !== null && item.status > 0 && ` · ${t('webhooks.answer', { status: item.status })}`}
        {item.trouble && ` · ${item.trouble}`}
        {item.state === 'pending' && item.next_at && item.attempts > 0 && <> · {t('webhooks.next')} <Time at={item.next_at} /></>}
      </p>
      <details><summary>{t('webhooks.body')}</summary><pre className="delivery-body" tabIndex={0} aria-label={t('webhooks.body')} role="region">{JSON.stringify(item.payload, null, 2)}</pre></details>
    </li>
  );
}

export function Deliveries({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { t } = useI18n();
  const phone = useMedia(PHONE);
  const query = useInfiniteQuery({
    queryKey: ['deliveries', webhook.id],
    queryFn: ({ pageParam, signal }) => api.deliveries(webhook.id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_page_token,
    refetchInterval: ({ state }) => (webhook.active && state.data?.pages[0]?.items.some((item) => item.state === 'pending' && item.attempts === 0) ? WATCH_MS : false),
  });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Drawer open onClose={onClose} title={t('webhooks.deliveries_of', { name: webhook.name })} size={phone ? '100%' : 560}
      extra={<Button size="small" loading={query.isFetching} onClick={() => void query.refetch()}>{t('webhooks.refresh')}</Button>}>
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <ListSkeleton rows={3} />}
      {query.isSuccess && items.length === 0 && <EmptyState title={t('webhooks.no_delivery')} hint={t('webhooks.no_delivery_hint')} />}
      <ul>{items.map((item) => <Delivery key={item.id} webhook={webhook} item={item} />)}</ul>
      {query.hasNextPage && <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t(query.isFetchNextPageError ? 'error.retry' : 'audit.more')}</Button>}
    </Drawer>
  );
}
