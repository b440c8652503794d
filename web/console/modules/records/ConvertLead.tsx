/* A lead becomes a contact, a company and a deal: found or chosen, else made. What was done can be undone, at once and later. */
import { SwapOutlined, UndoOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Checkbox, Input, Select } from 'antd';
import { useState, type FormEvent, type ReactNode } from 'react';
import type { Conversion, NewConversion } from '../../../shared/api/types.ts';
import { useActions } from '../../common/actions/Actions.tsx';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { Lookup } from '../../common/schema/Lookup.tsx';
import { labelOf, may, type DeclaredObject, type RecordRow } from '../../common/schema/objects.ts';
import { FormDrawer } from '../../common/ui/FormDrawer.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { useRecordChanges } from './useRecords.ts';

const MANY = 100;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function useConversion(object: DeclaredObject, id: string) {
  const { t } = useI18n();
  const toasts = useToasts();
  const { refresh } = useRecordChanges(object);
  const undo = async (): Promise<void> => {
    try {
      const { kept } = await api.unconvertLead(id);
      refresh();
      toasts.done(kept.length > 0 ? t('convert.undone_but', { n: kept.length }) : t('convert.undone'));
    } catch (error) {
      toasts.failed(error, t('convert.not_undone'));
    }
  };
  const convert = async (input: NewConversion): Promise<Conversion | null> => {
    try {
      const done = await api.convertLead(id, input);
      refresh();
      toasts.undoable(t('convert.done'), () => void undo());
      return done;
    } catch (error) {
      toasts.failed(error, t('convert.failed'));
      return null;
    }
  };
  return { convert, undo };
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return <div className="record-field"><span className="record-label" aria-hidden>{label}</span>{children}</div>;
}

function ConvertForm({ row, onConvert }: { row: RecordRow; onConvert: (input: NewConversion) => Promise<void> }) {
  const { t } = useI18n();
  const [contact, setContact] = useState<string | null>(null);
  const [company, setCompany] = useState<string | null>(null);
  const [wantsDeal, setWantsDeal] = useState(true);
  const [name, setName] = useState(textOf(row['company_name']) || textOf(row['name']));
  const [amount, setAmount] = useState('');
  const [currency, setCurrency] = useState('');
  const [pipeline, setPipeline] = useState<string | null>(null);
  const [close, setClose] = useState('');
  const [busy, setBusy] = useState(false);
  const pipelines = useQuery({ queryKey: ['board', 'pipelines'], staleTime: 60_000, queryFn: ({ signal }) => api.records('pipelines', { order_by: 'position', page_size: MANY }, signal) }).data?.items ?? [];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const deal = { deal_name: name.trim() || null, amount: amount.trim() || null, currency: currency.trim().toUpperCase() || null, pipeline_id: pipeline, expected_close_on: close || null };
    setBusy(true);
    void onConvert({ contact_id: contact, company_id: company, create_deal: wantsDeal, ...(wantsDeal ? deal : {}) }).finally(() => setBusy(false));
  };
  return (
    <form className="record-form" noValidate onSubmit={submit}>
      <p className="muted">{t('convert.hint')}</p>
      <Line label={t('convert.contact')}><Lookup target="contacts" value={contact} label={t('convert.contact')} onChange={setContact} /></Line>
      <Line label={t('convert.company')}><Lookup target="companies" value={company} label={t('convert.company')} onChange={setCompany} /></Line>
      <Checkbox checked={wantsDeal} onChange={(event) => setWantsDeal(event.target.checked)}>{t('convert.deal')}</Checkbox>
      {wantsDeal && (
        <>
          <Line label={t('convert.deal_name')}><Input value={name} maxLength={200} aria-label={t('convert.deal_name')} autoComplete="off" onChange={(event) => setName(event.target.value)} /></Line>
          <div className="field-form">
            <Line label={t('convert.amount')}><Input value={amount} inputMode="decimal" maxLength={20} aria-label={t('convert.amount')} autoComplete="off" onChange={(event) => setAmount(event.target.value)} /></Line>
            <Line label={t('convert.currency')}><Input value={currency} maxLength={3} aria-label={t('convert.currency')} autoComplete="off" onChange={(event) => setCurrency(event.target.value)} /></Line>
          </div>
          {pipelines.length > 1 && <Line label={t('board.pipeline')}><Select<string> allowClear aria-label={t('board.pipeline')} value={pipeline} options={pipelines.map((each) => ({ value: each.id, label: textOf(each['name']) }))} onChange={(value) => setPipeline(value ?? null)} /></Line>}
          <Line label={t('convert.close')}><Input type="date" value={close} aria-label={t('convert.close')} onChange={(event) => setClose(event.target.value)} /></Line>
        </>
      )}
      <Button type="primary" htmlType="submit" loading={busy}>{t('convert.action')}</Button>
    </form>
  );
}

export function ConvertLead({ object, row }: { object: DeclaredObject; row: RecordRow }) {
  const { t, language } = useI18n();
  const [open, setOpen] = useState(false);
  const { convert, undo } = useConversion(object, row.id);
  const isConverted = row['status'] === 'converted';
  const canWrite = may(object, 'update');
  const section = labelOf(object, language);
  useActions([
    { id: 'convert-lead', label: t('convert.title'), section, icon: <SwapOutlined />, enabled: canWrite && !isConverted, run: () => setOpen(true) },
    { id: 'unconvert-lead', label: t('convert.undo'), section, icon: <UndoOutlined />, enabled: canWrite && isConverted, run: () => void undo() },
  ]);
  if (!canWrite) return null;
  if (isConverted) return <Button icon={<UndoOutlined />} onClick={() => void undo()}>{t('convert.undo')}</Button>;
  const done = async (input: NewConversion): Promise<void> => {
    if (await convert(input)) setOpen(false);
  };
  return (
    <>
      <Button type="primary" icon={<SwapOutlined />} onClick={() => setOpen(true)}>{t('convert.title')}</Button>
      <FormDrawer open={open} onClose={() => setOpen(false)} title={t('convert.title')} width={460} destroyOnHidden>
        <ConvertForm row={row} onConvert={done} />
      </FormDrawer>
    </>
  );
}
