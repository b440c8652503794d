/* Which trained classifiers judge customers' messages: every version with how good it is; one may be in use, one in shadow. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Tag, Tooltip } from 'antd';
import { useState } from 'react';
import { ApiError } from '../../../shared/api/client.ts';
import type { Classifier, ClassifierMeasures, JudgeTask } from '../../../shared/api/types.ts';
import { count } from '../../../shared/number.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { Ask } from '../../common/ui/Ask.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { useOnce } from '../../common/ui/useOnce.ts';

const TASKS: JudgeTask[] = ['sentiment', 'intent'];
const COLOURS: Record<Classifier['state'], string> = { in_use: 'success', shadow: 'warning', kept: 'default' };
const LOOK_MS = 10_000;
const CONFLICT = 409;

type Change = () => Promise<{ items: Classifier[] }>;

function Quality({ measures, isOwn }: { measures: ClassifierMeasures | null; isOwn: boolean }) {
  const { t, language } = useI18n();
  if (!measures) return <>{t('classifier.not_measured')}</>;
  const percent = (value: number | undefined): string => count(100 * (value ?? 0), language, 1);
  const [low, high] = measures.ci95.accuracy;
  return <>{t(isOwn ? 'classifier.quality_own' : 'classifier.quality', { right: percent(measures.accuracy), low: percent(low), high: percent(high), n: count(measures.n, language) })}</>;
}

function Shadowed({ one }: { one: Classifier }) {
  const { t } = useI18n();
  const { messages, agreed, reviewed, right, right_in_use } = one.shadowed;
  if (messages === 0) return one.state === 'shadow' ? <p className="muted small">{t('classifier.shadow_none')}</p> : null;
  return (
    <p className="muted small">
      {t('classifier.shadow_agreed', { n: messages, agreed })}
      {reviewed > 0 && ` ${t('classifier.shadow_right', { n: reviewed, right, in_use: right_in_use })}`}
    </p>
  );
}

function Row({ one, busy, onUse, onShadow }: { one: Classifier; busy: boolean; onUse: () => void; onShadow: () => void }) {
  const { t, language } = useI18n();
  const { card } = one;
  const named = { name: one.name, n: one.version };
  return (
    <li className="classifier">
      <p className="classifier-name">
        <strong>{one.name}</strong> <span className="muted">{t('classifier.version', { n: one.version })}</span> <Tag color={COLOURS[one.state]}>{t(`classifier.state_${one.state}`)}</Tag>
        {one.since && <span className="muted small">{t('classifier.since', { by: one.by ?? '' })} <Time at={one.since} /></span>}
      </p>
      <p className="small"><Quality measures={card.metrics ?? card.held_out} isOwn={!card.metrics} /></p>
      <p className="muted small">
        {t('classifier.learnt', { n: count(card.rows, language), labels: card.labels.length })} {card.views.some((view) => view !== 'grams') && t('classifier.encoder')}{' '}
        <Tooltip title={one.sha256}><code className="hash" tabIndex={0}>{one.sha256.slice(0, 12)}</code></Tooltip>
      </p>
      <Shadowed one={one} />
      {one.state !== 'in_use' && (
        <div className="classifier-acts">
          <Button size="small" disabled={busy} onClick={onUse} aria-label={t('classifier.use_named', named)}>{t('classifier.use')}</Button>
          {one.state === 'kept' && <Button size="small" disabled={busy} onClick={onShadow} aria-label={t('classifier.shadow_named', named)}>{t('classifier.shadow')}</Button>}
        </div>
      )}
    </li>
  );
}

interface TaskProps {
  task: JudgeTask;
  all: Classifier[];
  busy: boolean;
  onPromote: (one: Classifier, shadow: boolean) => void;
  onRollback: (task: JudgeTask, shadow: boolean) => void;
}

function Task({ task, all, busy, onPromote, onRollback }: TaskProps) {
  const { t } = useI18n();
  const own = all.filter((one) => one.task === task);
  const isUsed = own.some((one) => one.state === 'in_use');
  const isShadowed = own.some((one) => one.state === 'shadow');
  return (
    <section aria-label={t(`classifier.${task}`)}>
      <h3 className="classifier-task">{t(`classifier.${task}`)}</h3>
      {!isUsed && <p className="small">{t('classifier.built_in')} <Tag color="success">{t('classifier.state_in_use')}</Tag></p>}
      <ul className="classifiers">{own.map((one) => <Row key={one.sha256} one={one} busy={busy} onUse={() => onPromote(one, false)} onShadow={() => onPromote(one, true)} />)}</ul>
      <div className="classifier-acts">
        {isUsed && <Button size="small" disabled={busy} onClick={() => onRollback(task, false)}>{t('classifier.rollback')}</Button>}
        {isShadowed && <Button size="small" disabled={busy} onClick={() => onRollback(task, true)}>{t('classifier.end_shadow')}</Button>}
      </div>
    </section>
  );
}

export function ClassifiersCard() {
  const { t } = useI18n();
  const client = useQueryClient();
  const toasts = useToasts();
  const [busy, once] = useOnce();
  const [worse, setWorse] = useState<Classifier | null>(null);
  const query = useQuery({ queryKey: ['classifiers'], queryFn: ({ signal }) => api.classifiers(signal), refetchInterval: LOOK_MS });

  const change = async (act: Change, done: string): Promise<void> => {
    client.setQueryData(['classifiers'], await act());
    void client.invalidateQueries({ queryKey: ['judgementWords'] });
    toasts.done(done);
  };
  const promote = (one: Classifier, shadow: boolean): void => once(async () => {
    try {
      await change(() => api.promoteClassifier(one.sha256, { shadow, force: false }), t(shadow ? 'classifier.shadowed' : 'classifier.used', { name: one.name }));
    } catch (error) {
      if (!shadow && error instanceof ApiError && error.status === CONFLICT) setWorse(one);
      else toasts.failed(error, t('classifier.failed', { name: one.name }));
    }
  });
  const force = async (one: Classifier): Promise<void> => {
    try {
      await change(() => api.promoteClassifier(one.sha256, { shadow: false, force: true }), t('classifier.used', { name: one.name }));
    } catch (error) {
      toasts.failed(error, t('classifier.failed', { name: one.name }));
    }
  };
  const rollback = (task: JudgeTask, shadow: boolean): void => once(async () => {
    try {
      await change(() => api.rollbackClassifier(task, shadow), t(shadow ? 'classifier.shadow_ended' : 'classifier.rolled_back'));
    } catch (error) {
      toasts.failed(error, t('classifier.rollback_failed'));
    }
  });

  const all = query.data?.items ?? [];
  return (
    <section className="card" aria-label={t('classifier.title')}>
      <h2 className="section-title">{t('classifier.title')}</h2>
      <p className="muted">{t('classifier.hint')}</p>
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <ListSkeleton rows={2} />}
      {query.data && TASKS.map((task) => <Task key={task} task={task} all={all} busy={busy} onPromote={promote} onRollback={rollback} />)}
      {query.data && <p className="muted small">{t('classifier.add')} <code>{t('classifier.add_command')}</code></p>}
      {worse && (
        <Ask title={t('classifier.worse_title')} action={t('classifier.worse_action')} onDone={() => force(worse)} onClose={() => setWorse(null)}>
          <p>{t('classifier.worse', { name: worse.name })}</p>
        </Ask>
      )}
    </section>
  );
}
