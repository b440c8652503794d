/* How fast it is, what it costs, what went wrong. Every figure says of when. */
import type { ReactNode } from 'react';
import type { ModelNow } from '../../../shared/api/types.ts';
import { bytes, count } from '../../../shared/number.ts';
import { checkOf } from '../../common/checks.ts';
import { useI18n, type Translate } from '../../common/i18n/I18n.tsx';

const REFUSED = 'refused:';

function errorText(kind: string, t: Translate): string {
  if (kind.startsWith(REFUSED)) return t('model.error_refused', { check: t(checkOf(kind.slice(REFUSED.length))) });
  return kind === 'no_model' ? t('model.error_no_model') : kind === 'late' ? t('model.error_late') : kind;
}

function Tile({ label, value, hint }: { label: string; value: ReactNode; hint?: string }) {
  return (
    <div className="tile">
      <dt>{label}</dt>
      <dd><span className="tile-value">{value}</span>{hint && <span className="muted small">{hint}</span>}</dd>
    </div>
  );
}

function Budget({ now }: { now: ModelNow }) {
  const { t, language } = useI18n();
  if (now.provider !== 'remote' || !now.daily_tokens) return null;
  const share = Math.min(1, now.day_tokens / now.daily_tokens);
  const text = t('model.budget_text', { used: count(now.day_tokens, language), all: count(now.daily_tokens, language) });
  return (
    <div className="budget">
      <p className="section-title">{t('model.budget')}</p>
      <div className={`sure${share < 1 ? ' is-enough' : ''}`} role="img" aria-label={text}><span className="sure-fill" style={{ inlineSize: `${Math.round(share * 100)}%` }} /></div>
      <p className="muted small">{text}</p>
    </div>
  );
}

export function ModelFigures({ now }: { now: ModelNow }) {
  const { t, language } = useI18n();
  const n = (value: number, digits = 0): string => count(value, language, digits);
  const { latest, today } = now;
  const of = latest.calls > 0 ? t('model.of_latest', { n: latest.calls }) : t('model.not_yet');
  const errors = now.errors;
  return (
    <section className="card" aria-label={t('model.figures')}>
      <h2 className="section-title">{t('model.figures')}</h2>
      <dl className="tiles">
        <Tile label={t('model.speed')} value={latest.tokens_per_second === null ? '–' : t('model.speed_text', { n: n(latest.tokens_per_second, 1) })} hint={of} />
        <Tile label={t('model.first')} value={latest.first_ms === null ? '–' : t('model.ms', { n: n(latest.first_ms) })} hint={of} />
        <Tile label={t('model.queue')} value={t('model.queue_text', { n: n(now.waiting), max: n(now.queue_max) })} hint={t('model.running', { n: now.running })} />
        <Tile label={t('model.today')} value={t('model.calls', { n: today.calls })} hint={t('model.tokens', { n: n(today.tokens) })} />
        {now.provider === 'local' && <Tile label={t('model.memory')} value={now.memory_bytes > 0 ? bytes(now.memory_bytes, language) : '–'} />}
        {now.provider === 'local' && <Tile label={t('model.restarts')} value={n(now.restarts)} hint={t('model.since_chosen')} />}
      </dl>
      <Budget now={now} />
      <h3 className="section-title errors-title">{t('model.errors')}</h3>
      {errors.length === 0 ? <p className="muted">{t('model.errors_none')}</p> : (
        <ul className="errors">{errors.map((each) => <li key={each.kind}><span>{errorText(each.kind, t)}</span><strong>{n(each.count)}</strong></li>)}</ul>
      )}
    </section>
  );
}
