/* Saved views: a filter, an order and columns under a name. A view is a link. */
import { DeleteOutlined, FolderOutlined, TeamOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Checkbox, Input, Popover } from 'antd';
import { useState } from 'react';
import { Link } from 'wouter';
import type { NewView, View } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { listPath, type DeclaredObject } from '../../common/schema/objects.ts';
import { useToasts } from '../../common/ui/Toasts.tsx';

export function useViews(object: DeclaredObject): { views: View[]; isPending: boolean } {
  const query = useQuery({ queryKey: ['views', object.plural], queryFn: ({ signal }) => api.views(object.plural, signal), staleTime: 60_000 });
  return { views: query.data?.items ?? [], isPending: query.isPending };
}

export interface ViewsMenuProps {
  object: DeclaredObject;
  view: View | undefined;
  isDeleted: boolean;
  now: Pick<NewView, 'filter' | 'order_by' | 'columns'>; /* what would be saved */
  onOpen: (query: Record<string, string>) => void;
}

function SaveView({ object, now, onOpen, onDone }: ViewsMenuProps & { onDone: () => void }) {
  const { t } = useI18n();
  const toasts = useToasts();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const save = async (): Promise<void> => {
    if (!name.trim()) return;
    try {
      const view = await api.createView({ object: object.plural, name: name.trim(), shared, ...now });
      await client.invalidateQueries({ queryKey: ['views', object.plural] });
      toasts.done(t('views.saved', { name: view.name }));
      setName('');
      onDone();
      onOpen({ view: view.id });
    } catch (error) {
      toasts.failed(error, t('views.not_saved'));
    }
  };
  return (
    <div className="views-save">
      <Input value={name} maxLength={100} placeholder={t('views.name')} aria-label={t('views.name')} autoComplete="off" onChange={(event) => setName(event.target.value)} onPressEnter={() => void save()} />
      <Checkbox checked={shared} onChange={(event) => setShared(event.target.checked)}>{t('views.shared')}</Checkbox>
      <Button type="primary" size="small" disabled={!name.trim()} onClick={() => void save()}>{t('views.save')}</Button>
    </div>
  );
}

function ViewRow({ view, isCurrent, onDone }: { view: View; isCurrent: boolean; onDone: () => void }) {
  const { t } = useI18n();
  const toasts = useToasts();
  const client = useQueryClient();
  const refresh = (): void => void client.invalidateQueries({ queryKey: ['views', view.object] });
  const remove = async (): Promise<void> => {
    try {
      await api.deleteView(view.id);
      refresh();
      const { object, name, shared, filter, order_by, columns } = view;
      toasts.undoable(t('views.deleted', { name }), () => void api.createView({ object, name, shared, filter, order_by, columns }).then(refresh, toasts.failed));
    } catch (error) {
      toasts.failed(error, t('views.not_deleted'));
    }
  };
  return (
    <li className="views-row">
      <Link href={listPath(view.object, { view: view.id })} onClick={onDone} aria-current={isCurrent ? 'page' : undefined} className={isCurrent ? 'is-selected' : ''}>
        {view.name}{view.shared && <TeamOutlined className="views-shared" title={t('views.is_shared')} aria-label={t('views.is_shared')} />}
      </Link>
      {view.mine && <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t('views.delete', { name: view.name })} onClick={() => void remove()} />}
    </li>
  );
}

export function ViewsMenu(props: ViewsMenuProps) {
  const { object, view, isDeleted } = props;
  const { t } = useI18n();
  const { views } = useViews(object);
  const [open, setOpen] = useState(false);
  const done = (): void => setOpen(false);
  const isPlain = !view && !isDeleted;
  const content = (
    <div className="views-menu" role="dialog" aria-label={t('views.title')}>
      <ul>
        <li className="views-row"><Link href={listPath(object.plural)} onClick={done} className={isPlain ? 'is-selected' : ''} aria-current={isPlain ? 'page' : undefined}>{t('views.all')}</Link></li>
        {views.map((each) => <ViewRow key={each.id} view={each} isCurrent={each.id === view?.id} onDone={done} />)}
        {!object.log && <li className="views-row"><Link href={listPath(object.plural, { deleted: '1' })} onClick={done} className={isDeleted ? 'is-selected' : ''} aria-current={isDeleted ? 'page' : undefined}>{t('views.trash')}</Link></li>}
      </ul>
      <SaveView {...props} onDone={done} />
    </div>
  );
  return (
    <Popover open={open} onOpenChange={setOpen} trigger="click" placement="bottomLeft" arrow={false} content={content}>
      <Button icon={<FolderOutlined />} aria-haspopup="dialog" aria-expanded={open}>{t('views.current', { name: view?.name ?? t(isDeleted ? 'views.trash' : 'views.all') })}</Button>
    </Popover>
  );
}
