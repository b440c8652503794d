/* Imports: a file is chosen, shown, put right, done, and taken back if need be. Each has an address, so that its end can be waited for
   anywhere. */
import { UploadOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Select, Tag } from 'antd';
import { useRef, useState, type DragEvent } from 'react';
import { Link, useLocation } from 'wouter';
import type { Import, ImportPreview } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { labelOf, useObjects } from '../../common/schema/objects.ts';
import { faultText } from '../../common/ui/fault.ts';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { useQueryState } from '../../common/ui/useQueryState.ts';
import { ImportResult } from './ImportResult.tsx';
import { ImportSetup } from './ImportSetup.tsx';

const KINDS = '.csv,.tsv,.txt,.xlsx,.jsonl,.json,.vcf,.gz';
const TONES: Record<Import['state'], string> = { ready: 'default', queued: 'default', running: 'default', done: 'success', failed: 'error', reverting: 'default', reverted: 'warning' };

function ChooseFile({ onTaken }: { onTaken: (preview: ImportPreview) => void }) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const { objects } = useObjects();
  const [get, set] = useQueryState();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const object = get('object') || 'contacts';
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setBusy(true);
    setFault(null);
    try {
      onTaken(await api.takeFile(object, file));
    } catch (error) {
      setFault(faultText(error, i18n));
    } finally {
      setBusy(false);
      if (input.current) input.current.value = '';
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  };
  return (
    <section className="card" aria-label={t('imports.new')} onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <h2 className="section-title">{t('imports.new')}</h2>
      <div className="toolbar">
        <Select<string> showSearch={{ optionFilterProp: 'label' }} className="toolbar-select" aria-label={t('imports.into')} value={object} onChange={(plural) => set({ object: plural })}
          options={objects.filter((each) => !each.admin_only).map((each) => ({ value: each.plural, label: labelOf(each, language) }))} />
        <Button type="primary" icon={<UploadOutlined />} loading={busy} onClick={() => input.current?.click()}>{t('imports.choose')}</Button>
        <input ref={input} type="file" accept={KINDS} hidden aria-label={t('imports.choose')} onChange={(event) => void take(event.target.files?.[0])} />
      </div>
      <p className="muted">{t('imports.hint')}</p>
      {fault && <p className="field-error" role="alert">{fault}</p>}
    </section>
  );
}

export function StateTag({ state }: { state: Import['state'] }) {
  const { t } = useI18n();
  return <Tag color={TONES[state]}>{t(`imports.state_${state}`)}</Tag>;
}

function History() {
  const { t, language } = useI18n();
  const { objects } = useObjects();
  const query = useQuery({ queryKey: ['imports'], queryFn: ({ signal }) => api.imports(signal) });
  if (query.isPending) return <ListSkeleton rows={3} />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const name = (plural: string): string => {
    const object = objects.find((each) => each.plural === plural);
    return object ? labelOf(object, language) : plural;
  };
  return (
    <section className="card" aria-label={t('imports.history')}>
      <h2 className="section-title">{t('imports.history')}</h2>
      {query.data.items.length === 0 && <p className="muted">{t('imports.none')}</p>}
      <ul>
        {query.data.items.map((each) => (
          <li key={each.id} className="related-row">
            <Link href={`/imports/${each.id}`} className="ellipsis">{each.file_name}</Link>
            <span className="related-facts muted small">{name(each.object)}<StateTag state={each.state} /><Time at={each.created_at} /></span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const POLL_MS = 700;
const MOVING: Import['state'][] = ['queued', 'running', 'reverting'];

function OneImport({ id, taken }: { id: string; taken: ImportPreview | null }) {
  const query = useQuery({
    queryKey: ['import', id], queryFn: ({ signal }) => api.oneImport(id, signal),
    refetchInterval: (now) => (now.state.data && MOVING.includes(now.state.data.state) ? POLL_MS : false),
  });
  if (query.isPending) return <ListSkeleton rows={3} />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const reload = (): void => void query.refetch();
  return query.data.state === 'ready' ? <ImportSetup id={id} taken={taken} onStarted={reload} /> : <ImportResult item={query.data} onChanged={reload} />;
}

export function Imports({ id }: { id: string | undefined }) {
  const { t } = useI18n();
  usePageTitle(t('imports.title'));
  const [, navigate] = useLocation();
  const [taken, setTaken] = useState<ImportPreview | null>(null);
  const show = (preview: ImportPreview): void => {
    setTaken(preview);
    navigate(`/imports/${preview.import.id}`);
  };
  return (
    <div className="page">
      <header className="page-head"><h1 className="page-title">{t('imports.title')}</h1>{id && <Link href="/imports">{t('imports.all')}</Link>}</header>
      {id ? <OneImport key={id} id={id} taken={taken?.import.id === id ? taken : null} /> : <><ChooseFile onTaken={show} /><History /></>}
    </div>
  );
}
