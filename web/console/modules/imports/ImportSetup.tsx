/* What the file holds and what would become of it: each column with the field it goes to, the first rows with what would be done. A
   change is tried at once; nothing is stored before the start. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Checkbox, Select, Tag } from 'antd';
import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import type { ImportOptions, ImportPreview } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n, type I18n } from '../../common/i18n/I18n.tsx';
import { expandName, labelOf, useObjects, type DeclaredObject } from '../../common/schema/objects.ts';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

const DUPLICATES = ['skip', 'update', 'create'] as const;
const TONES = { create: 'success', update: 'default', skip: 'default', join: 'default', fail: 'error' } as const;
const BY = ['text', 'email', 'phone', 'integer']; /* what a related record can be found by */

/* The fields of the object, and by what a related record is found. */
function targetsOf(object: DeclaredObject | undefined, objects: DeclaredObject[], { t, language }: Pick<I18n, 't' | 'language'>): { value: string; label: string }[] {
  const fields = (object?.fields ?? []).filter((field) => !field.read_only && field.name !== 'custom');
  const related = fields.filter((field) => field.type === 'reference').flatMap((relation) => (objects.find((each) => each.plural === relation.target)?.fields ?? [])
    .filter((field) => BY.includes(field.type) && (field.indexed || field.unique))
    .map((field) => ({ value: `${expandName(relation)}.${field.name}`, label: t('filter_by.related', { relation: labelOf(relation, language), field: labelOf(field, language) }) })));
  return [...fields.map((field) => ({ value: field.name, label: labelOf(field, language) })), ...related];
}

function ColumnsTable({ preview, targets, onMap }: { preview: ImportPreview; targets: { value: string; label: string }[]; onMap: (column: string, target: string) => void }) {
  const { t } = useI18n();
  const leftOut = { value: '', label: t('imports.left_out') };
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={t('imports.columns')}>
      <table className="plain-table">
        <thead><tr><th scope="col">{t('imports.column')}</th><th scope="col">{t('imports.target')}</th><th scope="col">{t('imports.because')}</th></tr></thead>
        <tbody>
          {preview.columns.map(({ column, target, because }) => (
            <tr key={column}>
              <th scope="row">{column}</th>
              <td>
                <Select<string> showSearch={{ optionFilterProp: 'label' }} className="import-target" aria-label={t('imports.target_of', { column })} value={target ?? ''} popupMatchSelectWidth={260} onChange={(next) => onMap(column, next)}
                  options={[leftOut, ...targets, ...(target && !targets.some((each) => each.value === target) ? [{ value: target, label: target }] : [])]} />
              </td>
              <td className="muted small">{because && t(`imports.because_${because}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RowsTable({ preview }: { preview: ImportPreview }) {
  const { t } = useI18n();
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={t('imports.rows')}>
      <table className="plain-table">
        <thead><tr><th scope="col">{t('imports.line')}</th><th scope="col">{t('imports.action')}</th><th scope="col">{t('imports.values')}</th></tr></thead>
        <tbody>
          {preview.rows.map((row) => (
            <tr key={row.line}>
              <td>{row.line}</td>
              <td><Tag color={TONES[row.action]}>{t(`imports.action_${row.action}`)}</Tag></td>
              <td>
                <span className="muted small">{Object.values(row.fields).filter((value) => typeof value === 'string' || typeof value === 'number').join(' · ')}</span>
                {row.errors.map((each) => <p key={`${each.column ?? ''}${each.message}`} className="field-error">{each.column ? `${each.column}: ${each.message}` : each.message}</p>)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export interface ImportSetupProps {
  id: string;
  taken: ImportPreview | null; /* what came when the file was taken in */
  onStarted: () => void;
}

export function ImportSetup({ id, taken, onStarted }: ImportSetupProps) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const toasts = useToasts();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { objects } = useObjects();
  const [starting, setStarting] = useState(false);
  const key = ['import-preview', id];
  const query = useQuery({ queryKey: key, queryFn: () => (taken ? Promise.resolve(taken) : api.previewImport(id, {})), staleTime: Infinity });
  const preview = query.data;
  const object = objects.find((each) => each.plural === preview?.import.object);
  const targets = useMemo(() => targetsOf(object, objects, i18n), [object, objects, i18n]);
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!preview) return <ListSkeleton />;

  const chosen = preview.import.options;
  const change = (options: ImportOptions): void => void api.previewImport(id, options).then((next) => client.setQueryData(key, next), (error: unknown) => toasts.failed(error, t('record.not_saved')));
  const start = (): void => {
    setStarting(true);
    api.startImport(id, {}).then(onStarted, (error: unknown) => toasts.failed(error, t('imports.not_started'))).finally(() => setStarting(false));
  };
  const drop = (): void => void api.dropImport(id).then(() => {
    void client.invalidateQueries({ queryKey: ['imports'] });
    navigate('/imports');
  }, toasts.failed);
  return (
    <>
      <section className="card">
        <h2 className="section-title">{t('imports.of', { file: preview.import.file_name, object: object ? labelOf(object, language) : preview.import.object })}</h2>
        <ColumnsTable preview={preview} targets={targets} onMap={(column, target) => change({ map: { [column]: target } })} />
        <div className="toolbar">
          <Select<(typeof DUPLICATES)[number]> className="toolbar-select" aria-label={t('imports.duplicates')} value={chosen.on_duplicate ?? 'skip'} onChange={(on_duplicate) => change({ on_duplicate })}
            options={DUPLICATES.map((value) => ({ value, label: t(`imports.on_${value}`) }))} />
          <Checkbox checked={chosen.create_related ?? false} onChange={(event) => change({ create_related: event.target.checked })}>{t('imports.create_related')}</Checkbox>
          <Checkbox checked={chosen.strict ?? false} onChange={(event) => change({ strict: event.target.checked })}>{t('imports.strict')}</Checkbox>
        </div>
      </section>
      <section className="card">
        <h2 className="section-title">{t('imports.rows_of', { n: preview.rows.length })}</h2>
        <RowsTable preview={preview} />
        <div className="toolbar">
          <Button type="primary" loading={starting} onClick={start}>{t('imports.start', { n: preview.import.rows })}</Button>
          <Button onClick={drop}>{t('imports.drop')}</Button>
        </div>
      </section>
    </>
  );
}
