/* Another model: none, a registered file, an endpoint elsewhere. Chosen here, confirmed in a dialog that says what will happen, and
   shows the licence of a file that is used for the first time. */
import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Form, Input, Modal, Radio, Segmented, Tag } from 'antd';
import { useState } from 'react';
import { ApiError } from '../../../shared/api/client.ts';
import type { ModelChoice, ModelFile, ModelNow } from '../../../shared/api/types.ts';
import { bytes } from '../../../shared/number.ts';
import { api } from '../../common/api.ts';
import { useI18n, type Key } from '../../common/i18n/I18n.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

type Provider = ModelChoice['provider'];
type KeyFrom = 'keep' | 'none' | 'typed' | 'file';

interface Values {
  provider: Provider;
  sha256?: string;
  url?: string;
  model?: string;
  keyFrom?: KeyFrom;
  key?: string;
  key_file?: string;
  daily_tokens?: string;
}

const FAULTS: Record<string, Key> = {
  sha256: 'choice.fault_sha256', url: 'choice.fault_url', model: 'choice.fault_model', key: 'choice.fault_key', key_file: 'choice.fault_key_file', daily_tokens: 'choice.fault_daily_tokens',
};

function toChoice(values: Values, accepted: boolean): ModelChoice {
  if (values.provider === 'local') return { provider: 'local', sha256: values.sha256 ?? '', accept_licence: accepted };
  if (values.provider === 'none') return { provider: 'none' };
  const choice: ModelChoice = { provider: 'remote', url: (values.url ?? '').trim(), model: (values.model ?? '').trim(), daily_tokens: Number(values.daily_tokens || 0) };
  if (values.keyFrom === 'typed') choice.key = values.key ?? '';
  if (values.keyFrom === 'file') choice.key_file = (values.key_file ?? '').trim();
  if (values.keyFrom === 'none') choice.key = '';
  return choice;
}

function startOf(now: ModelNow): Values {
  const provider = now.provider === 'local' || now.provider === 'remote' ? now.provider : 'none';
  const kept = now.provider === 'remote' && (now.key === 'stored' || now.key === 'file');
  return {
    provider, ...(now.sha256 ? { sha256: now.sha256 } : {}), url: now.url ?? '', model: now.provider === 'remote' ? now.model ?? '' : '', keyFrom: kept ? 'keep' : 'none',
    daily_tokens: now.daily_tokens ? String(now.daily_tokens) : '',
  };
}

function Files({ files, possible }: { files: ModelFile[]; possible: boolean }) {
  const { t, language } = useI18n();
  if (!possible) return <Alert type="warning" showIcon title={t('choice.not_built')} />;
  if (files.length === 0) return <p className="muted">{t('choice.no_files')} <code>{t('choice.add_command')}</code></p>;
  return (
    <Form.Item name="sha256" label={t('choice.files')} rules={[{ required: true, message: t('choice.file_needed') }]}>
      <Radio.Group className="model-files">
        {files.map((each) => (
          <Radio key={each.sha256} value={each.sha256} disabled={!each.exists}>
            <span>{each.name}</span> {each.current && <Tag color="success">{t('choice.current')}</Tag>}
            <span className="muted small model-file-facts">
              {each.exists ? t('choice.file_facts', { size: bytes(each.bytes, language), licence: each.licence }) : t('choice.file_gone')}
            </span>
          </Radio>
        ))}
      </Radio.Group>
    </Form.Item>
  );
}

function KeyFields({ now, keyFrom }: { now: ModelNow; keyFrom: KeyFrom }) {
  const { t } = useI18n();
  if (now.key === 'environment') return <p className="muted">{t('choice.key_environment')}</p>;
  const kept = now.provider === 'remote' && (now.key === 'stored' || now.key === 'file');
  const options: KeyFrom[] = kept ? ['keep', 'typed', 'file', 'none'] : ['none', 'typed', 'file'];
  return (
    <>
      <Form.Item name="keyFrom" label={t('model.key')}>
        <Segmented options={options.map((value) => ({ value, label: t(`choice.key_${value}`) }))} />
      </Form.Item>
      {keyFrom === 'typed' && <Form.Item name="key" label={t('choice.key_label')} extra={t('choice.key_hint')} rules={[{ required: true, message: t('choice.key_needed') }]}><Input.Password autoComplete="off" maxLength={2000} /></Form.Item>}
      {keyFrom === 'file' && <Form.Item name="key_file" label={t('choice.key_file_label')} extra={t('choice.key_file_hint')} rules={[{ required: true, message: t('choice.fault_key_file') }]}><Input autoComplete="off" maxLength={200} placeholder={t('choice.key_file_example')} /></Form.Item>}
    </>
  );
}

function RemoteFields({ now, keyFrom }: { now: ModelNow; keyFrom: KeyFrom }) {
  const { t } = useI18n();
  return (
    <>
      <Alert type="info" showIcon title={t('choice.leaves')} className="choice-note" />
      <Form.Item name="url" label={t('model.url')} extra={t('choice.url_hint')} rules={[{ required: true, whitespace: true, message: t('choice.fault_url') }]}><Input type="url" autoComplete="off" maxLength={2000} placeholder={t('choice.url_example')} /></Form.Item>
      <Form.Item name="model" label={t('choice.model_label')} rules={[{ required: true, whitespace: true, message: t('choice.fault_model') }]}><Input autoComplete="off" maxLength={200} /></Form.Item>
      <KeyFields now={now} keyFrom={keyFrom} />
      <Form.Item name="daily_tokens" label={t('choice.daily_tokens')} extra={t('choice.daily_tokens_hint')} rules={[{ pattern: /^\d{0,9}$/, message: t('choice.fault_daily_tokens') }]}><Input inputMode="numeric" maxLength={9} /></Form.Item>
    </>
  );
}

interface ConfirmProps {
  values: Values | null;
  file: ModelFile | undefined;
  busy: boolean;
  onConfirm: (accepted: boolean) => void;
  onCancel: () => void;
}

function Confirm({ values, file, busy, onConfirm, onCancel }: ConfirmProps) {
  const { t } = useI18n();
  const [accepted, setAccepted] = useState(false);
  const asks = values?.provider === 'local' && file !== undefined && !file.licence_accepted;
  const name = values?.provider === 'local' ? file?.name ?? '' : values?.model ?? '';
  return (
    <Modal open={values !== null} title={t('choice.confirm_title')} okText={t('choice.confirm')} cancelText={t('choice.cancel')} confirmLoading={busy} destroyOnHidden
      okButtonProps={{ disabled: asks && !accepted }} onOk={() => onConfirm(asks && accepted)} onCancel={onCancel} afterClose={() => setAccepted(false)}>
      {values && <p>{t(`choice.will_${values.provider}`, { name })}</p>}
      <p className="muted">{t('choice.in_progress')}</p>
      {asks && file && (
        <div className="licence">
          <p>{t('choice.licence', { name: file.name })}</p>
          <p><strong>{file.licence}</strong></p>
          <Checkbox checked={accepted} onChange={(event) => setAccepted(event.target.checked)}>{t('choice.accept')}</Checkbox>
        </div>
      )}
    </Modal>
  );
}

export interface ModelChoiceCardProps {
  now: ModelNow;
  onChanged: (next: ModelNow) => void;
}

export function ModelChoiceCard({ now, onChanged }: ModelChoiceCardProps) {
  const { t } = useI18n();
  const toasts = useToasts();
  const [form] = Form.useForm<Values>();
  const [asked, setAsked] = useState<Values | null>(null);
  const [busy, setBusy] = useState(false);
  const provider = Form.useWatch('provider', form) ?? startOf(now).provider;
  const keyFrom = Form.useWatch('keyFrom', form) ?? 'none';
  const query = useQuery({ queryKey: ['models'], queryFn: ({ signal }) => api.models(signal), refetchInterval: 10_000 });
  const files = (query.data?.items ?? []).filter((each) => each.kind === 'chat');
  const fixed = now.fixed_by !== null;

  const change = async (values: Values, accepted: boolean): Promise<void> => {
    setBusy(true);
    try {
      onChanged(await api.switchModel(toChoice(values, accepted)));
      form.setFieldsValue({ key: '', keyFrom: values.keyFrom === 'typed' || values.keyFrom === 'file' ? 'keep' : values.keyFrom ?? 'none' });
      toasts.done(t('choice.changed'));
    } catch (error) {
      for (const each of error instanceof ApiError ? error.fields : []) {
        const key = FAULTS[each.path];
        if (key) form.setFields([{ name: each.path as keyof Values, errors: [t(key)] }]);
      }
      toasts.failed(error, t('choice.failed'));
    } finally {
      setBusy(false);
      setAsked(null);
    }
  };

  return (
    <section className="card" aria-label={t('choice.title')}>
      <h2 className="section-title">{t('choice.title')}</h2>
      {fixed && <Alert type="info" showIcon title={t('choice.fixed', { by: now.fixed_by ?? '' })} description={t('choice.fixed_hint')} className="choice-note" />}
      <Form form={form} layout="vertical" requiredMark={false} disabled={fixed || busy} initialValues={startOf(now)} onFinish={(values: Values) => setAsked(values)}>
        <Form.Item name="provider">
          <Segmented block aria-label={t('choice.title')} options={(['none', 'local', 'remote'] as const).map((value) => ({ value, label: t(`choice.${value}`) }))} />
        </Form.Item>
        {provider === 'none' && <p className="muted">{t('model.none_hint')}</p>}
        {provider === 'local' && (query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : query.isPending ? <ListSkeleton rows={2} /> : <Files files={files} possible={now.local_possible} />)}
        {provider === 'remote' && <RemoteFields now={now} keyFrom={keyFrom} />}
        <Button type="primary" htmlType="submit" className="choice-button" disabled={fixed || (provider === 'local' && files.length === 0)}>{t('choice.change')}</Button>
      </Form>
      <Confirm values={asked} file={files.find((each) => each.sha256 === asked?.sha256)} busy={busy} onCancel={() => setAsked(null)} onConfirm={(accepted) => { if (asked) void change(asked, accepted); }} />
    </section>
  );
}
