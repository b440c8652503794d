/* The messages that a number of the report counts. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { Link } from 'wouter';
import type { Mood, VoiceMessage } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { aspectText, intentText, MOODS, UrgentMark } from '../../common/mood/Mood.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { useQueryState } from '../../common/ui/useQueryState.ts';
import { PERIOD, usePick, WORDS } from './voiceQuery.ts';

const PAGE_SIZE = 50;

function Message({ message }: { message: VoiceMessage }) {
  const { t } = useI18n();
  const { mood } = message;
  return (
    <li className="voice-message">
      <Link href={`/inbox/all/${message.conversation_id}`}>{message.contact_name || t('inbox.visitor', { id: message.conversation_id.slice(-4) })}</Link> <Time at={message.at} />
      <p>{message.text}</p>
      <span className={`mood mood-${mood} small`}>{MOODS[mood]} {t(`mood.${mood}`)}</span> <span className="mood small">{intentText(message.intent, t)}</span> {message.urgent && <UrgentMark />}
    </li>
  );
}

/* What is asked for, in the words of the address. */
function Asked() {
  const { t } = useI18n();
  const [get] = useQueryState();
  const parts = [
    get('from') && `${get('from')} – ${get('to')}`, get('part') === 'before' && t('voice.part_before'), get('channel'),
    get('aspect') && aspectText(get('aspect'), t), get('aspect_mood') && t('voice.aspect_mood', { mood: t(`mood.${get('aspect_mood') as Mood}`) }),
    get('mood') && t(`mood.${get('mood') as Mood}`), get('intent') && intentText(get('intent'), t), get('urgent') && t('mood.urgent'),
    get('topic') && t('voice.topic_n', { place: Number(get('topic')) + 1 }),
  ].filter(Boolean);
  return <p className="muted">{parts.join(' · ')}</p>;
}

export function VoiceMessages() {
  const { t } = useI18n();
  usePageTitle(t('voice.title'));
  const period = usePick(PERIOD);
  const words = usePick(WORDS);
  const query = useInfiniteQuery({
    queryKey: ['voice-messages', period, words],
    queryFn: ({ pageParam, signal }) => api.voiceMessages({ ...period, ...words, page_size: PAGE_SIZE, page_token: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_page_token,
  });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const n = query.data?.pages[0]?.n;
  return (
    <div className="page">
      <header className="page-head">
        <h1 className="page-title">{n === undefined ? t('voice.title') : t('voice.list_title', { n })}</h1>
        <Link href={`/reports/voice?${new URLSearchParams(period as Record<string, string>).toString()}`}>{t('voice.back')}</Link>
      </header>
      <Asked />
      {query.isPending && <ListSkeleton />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {n === 0 && <EmptyState title={t('voice.list_empty')} />}
      {items.length > 0 && <ul className="card">{items.map((message) => <Message key={message.message_id} message={message} />)}</ul>}
      {query.hasNextPage && <Button block type="text" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('list.more')}</Button>}
    </div>
  );
}
