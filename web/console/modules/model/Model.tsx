/* The model behind the assistant: how it does, a trial, another one. Looks again every few seconds while it is open. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Tag } from 'antd';
import type { ModelNow } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { ClassifiersCard } from './ClassifiersCard.tsx';
import { ModelChoiceCard } from './ModelChoiceCard.tsx';
import { ModelFigures } from './ModelFigures.tsx';
import { ModelState } from './ModelState.tsx';
import { ModelTrialCard } from './ModelTrialCard.tsx';

const LOOK_MS = 4_000;
const LOOK_SOON_MS = 1_000; /* while something is about to happen */
const COLOURS: Record<ModelNow['state'], string> = { absent: 'default', starting: 'warning', ready: 'success', down: 'error' };

export function Model() {
  const { t } = useI18n();
  usePageTitle(t('nav.model'));
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ['model'], queryFn: ({ signal }) => api.model(signal),
    refetchInterval: ({ state }) => (state.data?.state === 'starting' ? LOOK_SOON_MS : LOOK_MS),
  });
  const now = query.data;
  const changed = (next: ModelNow): void => {
    client.setQueryData(['model'], next);
    void client.invalidateQueries({ queryKey: ['models'] });
  };
  return (
    <div className="page">
      <header className="page-head">
        <h1 className="page-title">{t('model.title')}</h1>
        {now && <span role="status"><Tag color={COLOURS[now.state]}>{t(`model.state_${now.state}`)}</Tag></span>}
      </header>
      {!now && query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <ListSkeleton rows={4} />}
      {now && (
        <div className="model-grid">
          <div className="model-column">
            <ModelState now={now} isStale={query.isError} />
            <ModelChoiceCard now={now} onChanged={changed} />
            <ClassifiersCard />
          </div>
          <div className="model-column">
            <ModelFigures now={now} />
            <ModelTrialCard now={now} />
          </div>
        </div>
      )}
    </div>
  );
}
