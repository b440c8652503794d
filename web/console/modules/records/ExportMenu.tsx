/* What the list shows now, as a file: the words, filter and order of the address go along; the server checks the right again. */
import { DownloadOutlined } from '@ant-design/icons';
import { Button, Popover } from 'antd';
import { useState } from 'react';
import { apiPath } from '../../../shared/api/client.ts';
import { useActions } from '../../common/actions/Actions.tsx';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { labelOf, may, type DeclaredObject } from '../../common/schema/objects.ts';
import type { ListQuery } from './useRecords.ts';

const FORMATS = ['csv', 'xlsx', 'jsonl'] as const;

export function ExportMenu({ object, list }: { object: DeclaredObject; list: ListQuery }) {
  const { t, language } = useI18n();
  const [open, setOpen] = useState(false);
  /* An export does not know what was deleted. */
  const canExport = may(object, 'export') && !list.deleted;
  useActions([{ id: 'export-list', label: t('export.title'), section: labelOf(object, language), icon: <DownloadOutlined />, enabled: canExport, run: () => setOpen(true) }]);
  if (!may(object, 'export')) return null;
  const path = (format: string): string => apiPath(`/${object.plural}/export`, { format, filter: list.filter, q: list.q, order_by: list.order_by });
  const content = (
    <div className="export-menu" role="dialog" aria-label={t('export.title')}>
      <p className="muted small">{t(list.filter || list.q ? 'export.filtered' : 'export.everything')}</p>
      <ul>
        {FORMATS.map((format) => <li key={format} className="views-row"><a href={path(format)} download={`${object.plural}.${format}`} onClick={() => setOpen(false)}>{t(`export.${format}`)}</a></li>)}
      </ul>
    </div>
  );
  return (
    <Popover open={open && canExport} onOpenChange={setOpen} trigger="click" placement="bottomRight" arrow={false} content={content}>
      <Button icon={<DownloadOutlined />} disabled={!canExport} title={canExport ? '' : t('export.not_now')} aria-haspopup="dialog" aria-expanded={open && canExport}>{t('export.title')}</Button>
    </Popover>
  );
}
