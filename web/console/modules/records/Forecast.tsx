/* What the whole pipeline promises, by month of the expected close, and how deals go through its stages. Currencies are never added up. */
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../../shared/api/client.ts';
import type { Forecast as Row, StageConversion } from '../../../shared/api/types.ts';
import { duration } from '../../../shared/time.ts';
import { api } from '../../common/api.ts';
import { useI18n, type I18n } from '../../common/i18n/I18n.tsx';
import { moneyText, numberText } from '../../common/schema/Value.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { faultText } from '../../common/ui/fault.ts';

type Sum = 'amount' | 'weighted_amount' | 'won_amount';

function total(rows: Row[], field: Sum, { language }: Pick<I18n, 'language'>): string {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row.currency ?? '', (sums.get(row.currency ?? '') ?? 0) + row[field]);
  return [...sums].filter(([, sum]) => sum !== 0).map(([currency, sum]) => moneyText(sum, currency, language)).join(' + ') || moneyText(0, null, language);
}

function monthText(key: string | null, { t, language }: Pick<I18n, 't' | 'language'>): string {
  if (!key) return t('forecast.no_date');
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { year: 'numeric', month: 'short' }).format(new Date(`${key}-01T00:00:00`));
}

function Months({ rows }: { rows: Row[] }) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const money = (row: Row, field: Sum): string => moneyText(row[field], row.currency, language);
  const heads = ['forecast.month', 'forecast.open', 'forecast.amount', 'forecast.weighted', 'forecast.won', 'forecast.lost'] as const;
  if (rows.length === 0) return <p className="muted">{t('forecast.none')}</p>;
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={t('forecast.by_month')}>
      <table className="plain-table">
        <caption className="unseen">{t('forecast.by_month')}</caption>
        <thead><tr>{heads.map((head) => <th key={head} scope="col">{t(head)}</th>)}</tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.key} ${row.currency}`}>
              <th scope="row">{monthText(row.key, i18n)}</th><td>{numberText(row.open, language)}</td><td>{money(row, 'amount')}</td><td>{money(row, 'weighted_amount')}</td>
              <td>{numberText(row.won, language)}{row.won > 0 && ` · ${money(row, 'won_amount')}`}</td><td>{numberText(row.lost, language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Stages({ rows }: { rows: StageConversion[] }) {
  const { t, language } = useI18n();
  const percent = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { style: 'percent', maximumFractionDigits: 0 });
  const heads = ['forecast.stage', 'forecast.entered', 'forecast.went_on', 'forecast.rate', 'forecast.stay'] as const;
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={t('forecast.by_stage')}>
      <table className="plain-table">
        <caption className="unseen">{t('forecast.by_stage')}</caption>
        <thead><tr>{heads.map((head) => <th key={head} scope="col">{t(head)}</th>)}</tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.stage_id}>
              <th scope="row">{row.name}</th><td>{numberText(row.entered, language)}</td><td>{row.kind === 'open' ? numberText(row.went_on, language) : ''}</td>
              <td>{row.kind === 'open' && row.entered > 0 ? percent.format(row.rate) : ''}</td><td>{row.mean_ms === null ? '' : duration(row.mean_ms / 1000, language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Forecast({ pipeline }: { pipeline: string }) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const months = useQuery({ queryKey: ['board', 'forecast', pipeline], queryFn: ({ signal }) => api.forecast(pipeline, signal) });
  const stages = useQuery({ queryKey: ['board', 'conversion', pipeline], queryFn: ({ signal }) => api.conversion(pipeline, signal) });
  const failed = months.error ?? stages.error;
  if (failed instanceof ApiError && failed.status === 403) return null; /* the role hides the amounts: the board does without */
  const rows = months.data?.items ?? [];
  const sums = failed ? faultText(failed, i18n) : !months.data ? t('state.loading') : t('forecast.sums', {
    n: numberText(rows.reduce((sum, row) => sum + row.open, 0), language), amount: total(rows, 'amount', i18n), weighted: total(rows, 'weighted_amount', i18n), won: total(rows, 'won_amount', i18n),
  });
  return (
    <details className="forecast">
      <summary><strong>{t('forecast.title')}</strong> <span className="muted">{sums}</span></summary>
      {failed ? <ErrorState error={failed} onRetry={() => { void months.refetch(); void stages.refetch(); }} /> : !months.data || !stages.data ? <ListSkeleton rows={2} /> : (
        <div className="forecast-tables"><Months rows={rows} /><Stages rows={stages.data.items} /></div>
      )}
    </details>
  );
}
