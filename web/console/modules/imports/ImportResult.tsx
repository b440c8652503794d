/* How far an import is, what it did, and the way back. */
import { DownloadOutlined, UndoOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { apiPath } from '../../../shared/api/client.ts';
import type { Import } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { listPath } from '../../common/schema/objects.ts';
import { numberText } from '../../common/schema/Value.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { StateTag } from './Imports.tsx';

const COUNTS = ['created', 'updated', 'skipped', 'failed', 'related', 'reverted', 'kept'] as const;
const ALWAYS: string[] = ['created', 'failed'];
const MOVING = ['queued', 'running', 'reverting'];
const SHOWN_ERRORS = 100;

function Errors({ item }: { item: Import }) {
  const { t } = useI18n();
  if (item.errors.length === 0) return null;
  return (
    <section className="card">
      <h2 className="section-title">{t('imports.errors')}</h2>
      <a href={apiPath(`/imports/${item.id}/errors.csv`)} download><DownloadOutlined aria-hidden /> {t('imports.download')}</a>
      <div className="table-box" tabIndex={0} role="region" aria-label={t('imports.errors')}>
        <table className="plain-table">
          <thead><tr><th scope="col">{t('imports.line')}</th><th scope="col">{t('imports.column')}</th><th scope="col">{t('imports.message')}</th></tr></thead>
          <tbody>{item.errors.slice(0, SHOWN_ERRORS).map((each, at) => <tr key={at}><td>{each.line}</td><td>{each.column}</td><td>{each.message}</td></tr>)}</tbody>
        </table>
      </div>
    </section>
  );
}

export function ImportResult({ item, onChanged }: { item: Import; onChanged: () => void }) {
  const { t, language } = useI18n();
  const toasts = useToasts();
  const client = useQueryClient();
  const isMoving = MOVING.includes(item.state);
  useEffect(() => {
    if (!isMoving) for (const key of ['records', 'imports', 'related', 'lookup', 'board', 'day']) void client.invalidateQueries({ queryKey: [key] });
  }, [isMoving, client]);
  const revert = (): void => void api.revertImport(item.id).then(onChanged, (error: unknown) => toasts.failed(error, t('imports.not_reverted')));
  return (
    <>
      <section className="card" aria-label={item.file_name}>
        <h2 className="section-title">{item.file_name}<StateTag state={item.state} /></h2>
        {isMoving && <progress className="import-progress" value={item.done} max={Math.max(1, item.rows)} aria-label={t('imports.progress')} />}
        <p role="status" className="muted">{t('imports.so_far', { done: numberText(item.done, language), rows: numberText(item.rows, language) })}</p>
        <dl className="import-counts">
          {COUNTS.filter((name) => item[name] > 0 || ALWAYS.includes(name)).map((name) => <div key={name}><dt className="muted small">{t(`imports.${name}`)}</dt><dd>{numberText(item[name], language)}</dd></div>)}
        </dl>
        {item.trouble && <p className="field-error" role="alert">{item.trouble}</p>}
        <div className="toolbar">
          <Link href={listPath(item.object)}>{t('settings.open_list')}</Link>
          {item.state === 'done' && <Button icon={<UndoOutlined />} onClick={revert}>{t('imports.revert')}</Button>}
        </div>
      </section>
      <Errors item={item} />
    </>
  );
}
