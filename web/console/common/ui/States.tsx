/* The states that every list and record can be in, drawn the same everywhere. */
import { Button, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { ApiError } from '../../../shared/api/client.ts';
import { useI18n, type Key } from '../i18n/I18n.tsx';
import { faultText } from './fault.ts';

export interface EmptyStateProps {
  title: string;
  hint?: string;
  action?: ReactNode;
  isPage?: boolean; /* nothing else stands on the page: the title is its heading */
}

export function EmptyState({ title, hint, action, isPage }: EmptyStateProps) {
  const Title = isPage ? 'h1' : 'p';
  return (
    <div className="state">
      <Title className="state-title">{title}</Title>
      {hint && <p className="muted">{hint}</p>}
      {action}
    </div>
  );
}

export interface ErrorStateProps {
  error: unknown;
  onRetry: () => void;
}

const WORDS: Record<number, { title: Key; hint?: Key }> = {
  0: { title: 'error.offline', hint: 'error.offline_hint' },
  403: { title: 'error.forbidden', hint: 'error.forbidden_hint' },
  404: { title: 'error.not_found', hint: 'error.not_found_hint' },
};

export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const { t, language } = useI18n();
  const known = error instanceof ApiError ? error : null;
  const words = WORDS[known?.status ?? -1];
  const title = t(words?.title ?? 'error.title');
  const hint = words?.hint ? t(words.hint) : faultText(error, { t, language });
  return (
    <div className="state" role="alert">
      <p className="state-title">{title}</p>
      <p className="muted">{hint}</p>
      {known?.requestId && <p className="muted"><code>{t('error.request_id', { id: known.requestId })}</code></p>}
      <Button onClick={onRetry}>{t('error.retry')}</Button>
    </div>
  );
}

export function ListSkeleton({ rows = 6 }: { rows?: number }) {
  const { t } = useI18n();
  return (
    <div className="list-skeleton" role="status" aria-label={t('state.loading')}>
      {Array.from({ length: rows }, (_, row) => (
        /* Its headings are empty. */
        <div key={row} aria-hidden><Skeleton active avatar={{ size: 32 }} title={{ width: '50%' }} paragraph={{ rows: 1 }} /></div>
      ))}
    </div>
  );
}
