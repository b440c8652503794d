/* Tries the model out: what would a customer be told about this passage, or how does it go on with a text. */
import { CheckCircleFilled, CloseCircleFilled } from '@ant-design/icons';
import { Button, Form, Segmented } from 'antd';
import { useState } from 'react';
import type { ModelNow, ModelTrialResult } from '../../../shared/api/types.ts';
import { count } from '../../../shared/number.ts';
import { api } from '../../common/api.ts';
import { checkOf } from '../../common/checks.ts';
import { useI18n, type Translate } from '../../common/i18n/I18n.tsx';
import { GrowingTextArea } from '../../common/ui/GrowingTextArea.tsx';
import { RichText } from '../../common/ui/RichText.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

type Kind = 'answer' | 'raw';
interface Values {
  question: string;
  passage: string;
  prompt: string;
}

const MAX_LENGTH = 4000;

function verdict(result: ModelTrialResult, t: Translate): string {
  if (result.outcome === 'refused') return t('trial.refused', { check: t(checkOf(result.fault)) });
  if (result.outcome === 'done') return result.model_call.task === 'raw' ? t('trial.raw_done') : t('trial.passed');
  return result.outcome === 'late' ? t('trial.late') : t('trial.no_model');
}

function Result({ result }: { result: ModelTrialResult }) {
  const { t, language } = useI18n();
  const call = result.model_call;
  const fine = result.outcome === 'done';
  const n = (value: number): string => count(value, language);
  return (
    <div className="trial-result">
      <p className={`check check-${fine ? 'passed' : 'failed'}`}>{fine ? <CheckCircleFilled aria-hidden /> : <CloseCircleFilled aria-hidden />} {verdict(result, t)}</p>
      {call.detail && <p className="check-detail">{t('why.detail', { text: call.detail })}</p>}
      {result.trouble && <p className="muted">{result.trouble}</p>}
      {result.text && (
        <>
          <p className="section-title">{result.generated ? t('trial.said') : t('trial.fallback')}</p>
          <blockquote className="passage"><RichText text={result.text} /></blockquote>
        </>
      )}
      <p className="muted small">{t('trial.cost', { prompt: n(call.prompt_tokens), written: n(call.completion_tokens), first: n(call.first_ms), total: n(call.total_ms) })}</p>
    </div>
  );
}

export function ModelTrialCard({ now }: { now: ModelNow }) {
  const { t } = useI18n();
  const toasts = useToasts();
  const [form] = Form.useForm<Values>();
  const [kind, setKind] = useState<Kind>('answer');
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<ModelTrialResult | null>(null);

  const run = async ({ question, passage, prompt }: Values): Promise<void> => {
    setBusy(true);
    setResult(null);
    try {
      setResult(await api.testModel(kind === 'answer' ? { question, passage } : { prompt }));
    } catch (error) {
      toasts.failed(error, t('trial.failed'));
    } finally {
      setBusy(false);
    }
  };
  const needed = [{ required: true, whitespace: true, message: t('trial.needed') }];
  return (
    <section className="card" aria-label={t('trial.title')}>
      <h2 className="section-title">{t('trial.title')}</h2>
      <Form form={form} layout="vertical" requiredMark={false} disabled={busy} onFinish={(values: Values) => void run(values)}
        initialValues={{ question: t('trial.example_question'), passage: t('trial.example_passage'), prompt: t('trial.example_prompt') }}>
        <Form.Item><Segmented aria-label={t('trial.title')} value={kind} onChange={setKind} options={[{ value: 'answer', label: t('trial.answer') }, { value: 'raw', label: t('trial.raw') }]} /></Form.Item>
        {kind === 'answer' ? (
          <>
            <Form.Item name="question" label={t('trial.question')} rules={needed}><GrowingTextArea minRows={1} maxRows={4} maxLength={MAX_LENGTH} /></Form.Item>
            <Form.Item name="passage" label={t('trial.passage')} rules={needed}><GrowingTextArea minRows={3} maxRows={10} maxLength={MAX_LENGTH} /></Form.Item>
          </>
        ) : <Form.Item name="prompt" label={t('trial.prompt')} rules={needed}><GrowingTextArea minRows={3} maxRows={10} maxLength={MAX_LENGTH} /></Form.Item>}
        <Button htmlType="submit" loading={busy} disabled={now.state === 'absent'}>{t('trial.run')}</Button>
        {now.state === 'absent' && <span className="muted small trial-none">{t('trial.none')}</span>}
      </Form>
      <div role="status">{result && <Result result={result} />}</div>
    </section>
  );
}
