/* Why the bot said what it said, for whoever has to answer for it: what was found, how sure it was, what was checked. Figures for
   engineers are folded away. What is shown was stored with the message; nothing is looked up anew. */
import { CheckCircleFilled, CloseCircleFilled } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Alert, Drawer, Tag } from 'antd';
import { useEffect, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { ModelCall, Why } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { CHECKS } from '../../common/checks.ts';
import { useI18n, type Key } from '../../common/i18n/I18n.tsx';
import { RichText } from '../../common/ui/RichText.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { PHONE, useMedia } from '../../common/ui/useMedia.ts';

const REASONS: Record<string, Key> = {
  curated: 'why.reason_curated', passage: 'why.reason_passage', ambiguous: 'why.reason_ambiguous', nothing_found: 'why.reason_nothing_found',
  small_talk: 'why.reason_small_talk', asked_for_person: 'why.reason_asked_for_person', angry: 'why.reason_angry',
};

const OUTCOMES: Record<string, Key> = {
  done: 'why.outcome_done', refused: 'why.outcome_refused', no_model: 'why.outcome_no_model', late: 'why.outcome_late', cancelled: 'why.outcome_late',
};

function reasonKey(why: Why): Key {
  if (why.exact) return why.path === 'curated' ? 'why.reason_exact' : 'why.reason_offered';
  if (why.path === 'generated') return 'why.reason_generated';
  return REASONS[why.reason ?? ''] ?? 'why.nothing';
}

function percent(share: number): number {
  return Math.round(share * 100);
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="why-section">
      <h3 className="section-title">{title}</h3>
      {children}
    </section>
  );
}

/* A bar with the two marks that it has to reach; the sentence below says the same. */
function Sure({ why }: { why: Why }) {
  const { t } = useI18n();
  if (why.probability === undefined || why.exact || !why.answer_from) return null;
  const enough = why.probability >= why.answer_from;
  return (
    <Section title={t('why.sure')}>
      <div className={`sure${enough ? ' is-enough' : ''}`} aria-hidden>
        <span className="sure-fill" style={{ inlineSize: `${percent(why.probability)}%` }} />
        {[why.clarify_from ?? 0, why.answer_from].map((mark) => <span key={mark} className="sure-mark" style={{ insetInlineStart: `${percent(mark)}%` }} />)}
      </div>
      <p>{t('why.sure_text', { percent: percent(why.probability) })}</p>
      <p className="muted small">{t('why.needed', { answer: percent(why.answer_from), clarify: percent(why.clarify_from ?? 0) })}</p>
    </Section>
  );
}

function Passages({ why }: { why: Why }) {
  const { t } = useI18n();
  const passages = why.passages ?? [];
  if (!why.passages) return null;
  return (
    <Section title={t('why.found')}>
      {passages.length === 0 && <p className="muted">{t('why.found_none')}</p>}
      <ol className="why-passages">
        {passages.map((each, index) => (
          <li key={`${each.article_id}${index}`}>
            <Link href={`/knowledge/${each.article_id}`}>{each.title}</Link>
            {index === 0 && <Tag color={why.action === 'answer' ? 'success' : 'default'}>{why.action === 'answer' ? t('why.used') : t('why.best')}</Tag>}
            {each.heading && each.heading !== each.title && <div className="muted small">{each.heading}</div>}
            <blockquote className="passage"><RichText text={each.passage} /></blockquote>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function CheckRow({ title, state, detail }: { title: string; state: 'passed' | 'failed' | 'open'; detail: string | null }) {
  const { t } = useI18n();
  return (
    <li className={`check check-${state}`}>
      {state === 'passed' ? <CheckCircleFilled aria-hidden /> : state === 'failed' ? <CloseCircleFilled aria-hidden /> : <span className="check-open" aria-hidden />}
      <span>
        <span className="unseen">{t(`check.${state}`)}</span> {title}
        {detail && <span className="check-detail">{t('why.detail', { text: detail })}</span>}
      </span>
    </li>
  );
}

function Checks({ call }: { call: ModelCall | undefined }) {
  const { t } = useI18n();
  if (!call) return null;
  const judged = call.outcome === 'done' || call.outcome === 'refused';
  const rows = CHECKS.map((row) => ({ ...row, failed: call.outcome === 'refused' && row.faults.includes(call.fault) }));
  return (
    <Section title={t('why.checked')}>
      <Alert type={call.outcome === 'done' ? 'success' : 'warning'} showIcon title={t(OUTCOMES[call.outcome] ?? 'why.outcome_no_model')} />
      {judged && (
        <ul className="checks">
          {rows.map((row) => (
            <CheckRow key={row.key} title={t(row.key)} state={row.failed ? 'failed' : call.outcome === 'done' ? 'passed' : 'open'} detail={row.failed ? call.detail : null} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function CallFacts({ call }: { call: ModelCall }) {
  const { t } = useI18n();
  const ms = (value: number): number => Math.round(value);
  return (
    <>
      <dt>{t('why.model')}</dt><dd>{t('why.model_text', { model: call.model ?? '–', provider: t(`provider.${call.provider as 'local'}`) })}</dd>
      <dt>{t('why.prompt')}</dt><dd>{t('why.prompt_text', { task: call.task, version: call.version })} <code className="hash">{call.prompt_sha256?.slice(0, 12)}</code></dd>
      {call.model_sha256 && <><dt>{t('why.hash')}</dt><dd><code className="hash">{call.model_sha256.slice(0, 12)}</code></dd></>}
      <dt>{t('why.tokens')}</dt><dd>{t('why.tokens_text', { prompt: call.prompt_tokens, cached: call.cached_tokens, written: call.completion_tokens })}</dd>
      <dt>{t('why.time')}</dt><dd>{t('why.time_text', { queue: ms(call.queue_ms), first: ms(call.first_ms), total: ms(call.total_ms) })}</dd>
      <dt>{t('why.verdict')}</dt><dd><code>{call.outcome === 'refused' ? `${call.outcome}: ${call.fault}` : call.outcome}</code></dd>
    </>
  );
}

function Technical({ why }: { why: Why }) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const two = (value: number): string => value.toFixed(2);
  return (
    <details className="technical" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('why.technical')}</summary>
      <dl className="plain-facts wide">
        {why.searched && <><dt>{t('why.searched')}</dt><dd>{why.searched}</dd></>}
        <dt>{t('why.intent')}</dt><dd><code>{why.intent}</code></dd>
        <dt>{t('why.mood')}</dt><dd><code>{why.sentiment}</code></dd>
        {why.ms !== undefined && <><dt>{t('why.took')}</dt><dd>{t('why.took_text', { ms: Math.round(why.ms) })}</dd></>}
        {why.model_call && <CallFacts call={why.model_call} />}
      </dl>
      {why.rewrite_call && <><h4 className="section-title">{t('why.rewrite')}</h4><dl className="plain-facts wide"><CallFacts call={why.rewrite_call} /></dl></>}
      {why.passages && !why.exact && (
        <ol className="why-scores">
          {why.passages.map((each, index) => <li key={`${each.article_id}${index}`}>{t('why.scores', { title: each.title, score: two(each.score), words: two(each.words), cosine: two(each.cosine) })}</li>)}
        </ol>
      )}
    </details>
  );
}

function Told({ why }: { why: Why }) {
  const { t } = useI18n();
  return (
    <div className="why">
      <Section title={t('why.how')}>
        {why.path && <p><Tag className="path-tag">{t(`path.short_${why.path}`)}</Tag></p>}
        <p>{t(reasonKey(why))}</p>
        {why.searched && <p className="muted">{t('why.leaned', { text: why.searched })}</p>}
      </Section>
      <Sure why={why} />
      <Checks call={why.model_call} />
      {!why.model_call && (why.path === 'curated' || why.path === 'extract') && <p className="muted">{t('why.no_model')}</p>}
      <Passages why={why} />
      {why.reason && <Technical why={why} />}
    </div>
  );
}

export interface WhyDrawerProps {
  conversationId: string;
  messageId: string | null;
  onClose: () => void;
}

export function WhyDrawer({ conversationId, messageId, onClose }: WhyDrawerProps) {
  const { t } = useI18n();
  const phone = useMedia(PHONE);
  const [shown, setShown] = useState(messageId);
  useEffect(() => {
    if (messageId) setShown(messageId);
  }, [messageId]);
  /* It is stored and never changes. */
  const query = useQuery({
    queryKey: ['why', conversationId, shown], queryFn: ({ signal }) => api.why(conversationId, shown ?? '', signal), enabled: shown !== null, staleTime: Infinity,
  });
  return (
    <Drawer open={messageId !== null} onClose={onClose} title={t('why.title')} size={phone ? '100%' : 520} destroyOnHidden>
      {query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : query.data ? <Told why={query.data} /> : <ListSkeleton rows={3} />}
    </Drawer>
  );
}
