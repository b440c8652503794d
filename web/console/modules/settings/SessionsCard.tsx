/* Where one is logged in, and the way out there. */
import { useQuery } from '@tanstack/react-query';
import { Button, Tag } from 'antd';
import { useState } from 'react';
import type { LoginSession } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { sessionLost } from '../../common/session/Session.tsx';
import { Ask } from '../../common/ui/Ask.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { agentName } from './agent.ts';
import { useChange } from './useChange.ts';

function SessionRow({ item }: { item: LoginSession }) {
  const { t } = useI18n();
  const change = useChange(['sessions']);
  const name = item.agent ? agentName(item.agent) : t('sessions.unknown');
  return (
    <tr>
      <td title={item.agent ?? ''}>{name} {item.current && <Tag color="success">{t('sessions.current')}</Tag>}</td>
      <td>{item.address ?? t('sessions.unknown')}</td>
      <td><Time at={item.created_at} /></td>
      <td><Time at={item.seen_at} /></td>
      <td className="table-actions">{!item.current && <Button size="small" aria-label={t('sessions.end_there', { name })} onClick={() => void change(() => api.endSession(item.id), t('sessions.ended'))}>{t('session.logout')}</Button>}</td>
    </tr>
  );
}

export function SessionsCard() {
  const { t } = useI18n();
  const change = useChange([]);
  const [asking, setAsking] = useState(false);
  const query = useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => api.sessions(signal) });
  const endAll = async (): Promise<void> => {
    if (!(await change(() => api.endAllSessions()))) sessionLost();
  };
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const heads = ['sessions.where', 'sessions.address', 'sessions.since', 'sessions.seen'] as const;
  return (
    <section className="card">
      <h2 className="section-title">{t('sessions.title')}<Button danger size="small" onClick={() => setAsking(true)}>{t('sessions.end_all')}</Button></h2>
      {query.isPending ? <ListSkeleton rows={2} /> : (
        <div className="table-box" tabIndex={0} role="region" aria-label={t('sessions.title')}>
          <table className="plain-table is-wide">
            <thead><tr>{heads.map((head) => <th key={head} scope="col">{t(head)}</th>)}<th scope="col"><span className="unseen">{t('fields.actions')}</span></th></tr></thead>
            <tbody>{query.data.items.map((item) => <SessionRow key={item.id} item={item} />)}</tbody>
          </table>
        </div>
      )}
      {asking && <Ask title={t('sessions.end_all_ask')} action={t('sessions.end_all')} onDone={endAll} onClose={() => setAsking(false)}><p>{t('sessions.end_all_what')}</p></Ask>}
    </section>
  );
}
