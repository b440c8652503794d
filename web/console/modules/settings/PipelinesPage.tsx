/* Pipelines and the stages that deals go through. */
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Input, Select } from 'antd';
import { useState } from 'react';
import { api, newKey } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { choiceText, type RecordRow } from '../../common/schema/objects.ts';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

const MANY = 200;
const KINDS = ['open', 'won', 'lost'];
const PERCENT = 100;

const textOf = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

function useChange() {
  const client = useQueryClient();
  const toasts = useToasts();
  const { t } = useI18n();
  const refresh = (): void => {
    for (const key of ['pipelines', 'board', 'records', 'lookup']) void client.invalidateQueries({ queryKey: [key] });
  };
  return (work: Promise<unknown>, undo?: { done: string; run: () => Promise<unknown> }): void => void work.then(() => {
    refresh();
    if (undo) toasts.undoable(undo.done, () => void undo.run().then(refresh, toasts.failed));
  }, (error: unknown) => {
    refresh();
    toasts.failed(error, t('record.not_saved'));
  });
}

/* Saved when left or on Enter; what did not change is not sent. */
function SavedInput({ value, label, suffix, onSave }: { value: string; label: string; suffix?: string; onSave: (text: string) => void }) {
  const [draft, setDraft] = useState<string | null>(null);
  const save = (): void => {
    if (draft !== null && draft.trim() !== value) onSave(draft.trim());
    setDraft(null);
  };
  return <Input size="small" value={draft ?? value} aria-label={label} suffix={suffix} maxLength={100} autoComplete="off" onChange={(event) => setDraft(event.target.value)} onBlur={save} onPressEnter={save} />;
}

function StageRow({ stage, stages, at }: { stage: RecordRow; stages: RecordRow[]; at: number }) {
  const { t } = useI18n();
  const change = useChange();
  const name = textOf(stage['name']);
  const set = (values: object): void => change(api.updateRecord('stages', stage.id, values));
  /* Every position is written, so that equal ones from elsewhere part. */
  const move = (to: number): void => {
    const order = stages.filter((each) => each !== stage);
    order.splice(to, 0, stage);
    change(api.bulk('stages', { update: order.map((each, position) => ({ id: each.id, position })) }));
  };
  const remove = (): void => change(api.deleteRecord('stages', stage.id), { done: t('record.deleted', { name }), run: () => api.restoreRecord('stages', stage.id) });
  return (
    <tr>
      <td><SavedInput value={name} label={t('pipelines.name_of', { name })} onSave={(text) => set({ name: text })} /></td>
      <td><Select<string> size="small" className="editor" aria-label={t('pipelines.kind_of', { name })} value={textOf(stage['kind'])} options={KINDS.map((value) => ({ value, label: choiceText(value, t) }))} onChange={(kind) => set({ kind })} /></td>
      <td><SavedInput value={String(Math.round(Number(stage['probability'] ?? 0) * PERCENT))} label={t('pipelines.probability_of', { name })} suffix="%" onSave={(text) => set({ probability: Number(text) / PERCENT })} /></td>
      <td className="table-actions">
        <Button type="text" size="small" icon={<ArrowUpOutlined />} disabled={at === 0} aria-label={t('grid.earlier', { column: name })} onClick={() => move(at - 1)} />
        <Button type="text" size="small" icon={<ArrowDownOutlined />} disabled={at === stages.length - 1} aria-label={t('grid.later', { column: name })} onClick={() => move(at + 1)} />
        <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t('pipelines.delete', { name })} onClick={remove} />
      </td>
    </tr>
  );
}

function AddOne({ label, onAdd }: { label: string; onAdd: (name: string) => void }) {
  const [name, setName] = useState('');
  const add = (): void => {
    if (!name.trim()) return;
    onAdd(name.trim());
    setName('');
  };
  return (
    <div className="quick-add">
      <Input value={name} maxLength={100} placeholder={label} aria-label={label} autoComplete="off" onChange={(event) => setName(event.target.value)} onPressEnter={add} />
      <Button icon={<PlusOutlined />} disabled={!name.trim()} onClick={add}>{label}</Button>
    </div>
  );
}

function Pipeline({ pipeline, stages }: { pipeline: RecordRow; stages: RecordRow[] }) {
  const { t } = useI18n();
  const change = useChange();
  const name = textOf(pipeline['name']);
  const remove = (): void => change(api.deleteRecord('pipelines', pipeline.id), { done: t('record.deleted', { name }), run: () => api.restoreRecord('pipelines', pipeline.id) });
  return (
    <section className="card" aria-label={name}>
      <div className="quick-add">
        <SavedInput value={name} label={t('pipelines.name')} onSave={(text) => change(api.updateRecord('pipelines', pipeline.id, { name: text }))} />
        {!pipeline['is_default'] && <Button size="small" danger icon={<DeleteOutlined />} onClick={remove}>{t('record.delete')}</Button>}
      </div>
      <div className="table-box" tabIndex={0} role="region" aria-label={t('pipelines.stages_of', { name })}>
        <table className="plain-table">
          <thead><tr><th scope="col">{t('pipelines.stage')}</th><th scope="col">{t('pipelines.kind')}</th><th scope="col">{t('pipelines.probability')}</th><th scope="col"><span className="unseen">{t('fields.actions')}</span></th></tr></thead>
          <tbody>{stages.map((stage, at) => <StageRow key={stage.id} stage={stage} stages={stages} at={at} />)}</tbody>
        </table>
      </div>
      <AddOne label={t('pipelines.add_stage')} onAdd={(text) => change(api.createRecord('stages', { pipeline_id: pipeline.id, name: text, position: stages.length }, newKey()))} />
    </section>
  );
}

export function PipelinesPage() {
  const { t } = useI18n();
  const change = useChange();
  const pipelines = useQuery({ queryKey: ['pipelines'], queryFn: ({ signal }) => api.records('pipelines', { order_by: 'position', page_size: MANY }, signal) });
  const stages = useQuery({ queryKey: ['pipelines', 'stages'], queryFn: ({ signal }) => api.records('stages', { order_by: 'position', page_size: MANY }, signal) });
  const failed = pipelines.error ?? stages.error;
  if (failed) return <ErrorState error={failed} onRetry={() => { void pipelines.refetch(); void stages.refetch(); }} />;
  if (!pipelines.data || !stages.data) return <ListSkeleton />;
  const rows = pipelines.data.items;
  return (
    <>
      {rows.map((pipeline) => <Pipeline key={pipeline.id} pipeline={pipeline} stages={stages.data.items.filter((stage) => stage['pipeline_id'] === pipeline.id)} />)}
      <AddOne label={t('pipelines.add')} onAdd={(name) => change(api.createRecord('pipelines', { name, position: rows.length }, newKey()))} />
    </>
  );
}
