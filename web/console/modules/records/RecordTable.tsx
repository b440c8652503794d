/* The list of an object: made from its declaration. What is shown (words, filter, order, view) stands in the address. */
import { FilterOutlined, PlusOutlined, UndoOutlined, UploadOutlined } from '@ant-design/icons';
import { Button, Input, type InputRef } from 'antd';
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { ApiError } from '../../../shared/api/client.ts';
import { useActions } from '../../common/actions/Actions.tsx';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { kindOf } from '../../common/schema/editors.tsx';
import { count, fromText } from '../../common/schema/filter.ts';
import { fieldOf, labelOf, may, recordPath, titleOf, type DeclaredField, type DeclaredObject, type RecordRow } from '../../common/schema/objects.ts';
import { numberText, Value, valueText } from '../../common/schema/Value.tsx';
import { faultText } from '../../common/ui/fault.ts';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { useDebounced } from '../../common/ui/useDebounced.ts';
import { PHONE, useMedia } from '../../common/ui/useMedia.ts';
import { useQueryState } from '../../common/ui/useQueryState.ts';
import { BulkBar } from './BulkBar.tsx';
import { CellEditor } from './CellEditor.tsx';
import { columnFields, gridColumn, titleField, useColumns } from './columns.ts';
import { ColumnsMenu } from './ColumnsMenu.tsx';
import { ExportMenu } from './ExportMenu.tsx';
import { FilterBuilder } from './FilterBuilder.tsx';
import { Grid, type CellAt, type GridColumn } from './Grid.tsx';
import { NewRecord } from './NewRecord.tsx';
import { useRecordChanges, useRecords, type ListQuery, type Records } from './useRecords.ts';
import { useViews, ViewsMenu } from './ViewsMenu.tsx';

const ROW_PX = 40;
const PHONE_ROW_PX = 60;

/* Order: one field, up, down, and off again. */
function nextOrder(order: string, name: string): string {
  return order === name ? `${name} desc` : order === `${name} desc` ? '' : name;
}

function PhoneCell({ object, row }: { object: DeclaredObject; row: RecordRow }) {
  const i18n = useI18n();
  const title = titleField(object);
  const facts = columnFields(object).filter((field) => field !== title && !['reference', 'tags', 'time', 'currency'].includes(field.type)).map((field) => valueText(object, row, field, i18n)).filter(Boolean);
  return (
    <div className="cell-title">
      <Link href={recordPath(object.plural, row.id)}>{titleOf(object, row, i18n.t)}</Link>
      <span className="muted small ellipsis">{facts.slice(0, 3).join(' · ')}</span>
    </div>
  );
}

function ListFoot({ list, isDeleted }: { list: Records; isDeleted: boolean }) {
  const { t, language } = useI18n();
  const { query, rows, total, isExact } = list;
  const shown = total === null ? t('list.shown', { n: rows.length })
    : t(isExact ? (isDeleted ? 'list.total_deleted' : 'list.total') : 'list.total_over', { n: total, count: numberText(total, language) });
  return (
    <footer className="list-foot">
      <span className="muted" role="status">{query.isFetchingNextPage ? t('state.loading') : shown}</span>
      {query.isFetchNextPageError && <Button size="small" onClick={() => void query.fetchNextPage()}>{t('error.retry')}</Button>}
    </footer>
  );
}

/* The query of the address, completed by the saved view that it names. */
function useListQuery(object: DeclaredObject) {
  const [get, set] = useQueryState();
  const { views, isPending } = useViews(object);
  const view = views.find((each) => each.id === get('view'));
  const [text, setText] = useState(get('q'));
  const q = useDebounced(text.trim(), 200);
  useEffect(() => {
    if (q !== get('q')) set({ q });
  }, [q, get, set]);
  const filter = get('filter') || view?.filter || '';
  const order_by = get('order_by') || view?.order_by || '';
  const deleted = get('deleted') === '1';
  const list = useMemo<ListQuery>(() => ({ q, filter, order_by, deleted }), [q, filter, order_by, deleted]);
  /* Without a filter the view is not that view any more. */
  const setFilter = (next: string): void => set({ filter: next === view?.filter ? '' : next, ...(next ? {} : { view: '' }) });
  const setOrder = (next: string): void => set({ order_by: next, ...(next ? {} : { view: view?.order_by ? '' : get('view') }) });
  return { get, set, list, view, isViewPending: get('view') !== '' && isPending, text, setText, setFilter, setOrder };
}

function Toolbar({ object, state, children, input }: { object: DeclaredObject; state: ReturnType<typeof useListQuery>; children: ReactNode; input: React.RefObject<InputRef | null> }) {
  const { t, language } = useI18n();
  const label = t('records.search', { object: labelOf(object, language) });
  return (
    <div className="toolbar" role="search">
      <Input ref={input} allowClear value={state.text} className="toolbar-search" type="search" placeholder={label} aria-label={label} onChange={(event) => state.setText(event.target.value)} />
      {children}
    </div>
  );
}

function TitleCell({ object, row, isDeleted }: { object: DeclaredObject; row: RecordRow; isDeleted: boolean }) {
  const { t } = useI18n();
  const toasts = useToasts();
  const { refresh } = useRecordChanges(object);
  const title = titleOf(object, row, t);
  if (!isDeleted) return <Link href={recordPath(object.plural, row.id)} tabIndex={-1} className="ellipsis">{title}</Link>;
  const restore = (): void => void api.restoreRecord(object.plural, row.id).then(() => {
    refresh();
    toasts.done(t('bulk.restored', { n: 1 }));
  }, toasts.failed);
  return <><span className="ellipsis">{title}</span><Button size="small" tabIndex={-1} icon={<UndoOutlined />} onClick={restore}>{t('record.restore')}</Button></>;
}

interface RowsProps {
  object: DeclaredObject;
  list: Records;
  columns: GridColumn[];
  fields: DeclaredField[];
  canWrite: boolean;
  state: ReturnType<typeof useListQuery>;
  onWidth: (name: string, width: number) => void;
}

function Rows({ object, list, columns, fields, canWrite, state, onWidth }: RowsProps) {
  const { t, language } = useI18n();
  const [, navigate] = useLocation();
  const phone = useMedia(PHONE);
  const [at, setAt] = useState<CellAt>({ row: 0, column: 0 });
  const [editing, setEditing] = useState<{ key: string; column: string } | null>(null);
  const [selected, setSelected] = useState(new Set<string>());
  const { rows, query } = list;
  const { list: asked } = state;
  const isDeleted = asked.deleted;
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;

  useEffect(() => {
    setSelected(new Set());
    setAt({ row: 0, column: 0 });
  }, [asked]);
  const end = useCallback((): void => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  const open = (row: RecordRow, newTab = false): void => {
    if (isDeleted) return;
    const path = recordPath(object.plural, row.id);
    if (newTab) window.open(`/console${path}`, '_blank', 'noopener');
    else navigate(path);
  };
  const edit = (row: RecordRow | undefined, column: GridColumn | undefined): void => {
    const field = column && fields.find((each) => each.name === column.name);
    if (row && field && canWrite && !isDeleted && !phone && kindOf(field)?.inCell) setEditing({ key: row.id, column: field.name });
  };
  const select = (keys: string[], isOn: boolean): void => setSelected((before) => {
    const next = new Set(before);
    for (const key of keys) if (isOn) next.add(key); else next.delete(key);
    return next;
  });
  const move = (step: number): void => setAt((now) => ({ ...now, row: Math.min(Math.max(0, now.row + step), Math.max(0, rows.length - 1)) }));
  const section = labelOf(object, language);
  const here = rows[at.row];
  useActions([
    { id: 'next-row', label: t('grid.next'), section, keys: 'j', inPalette: false, run: () => move(1) },
    { id: 'previous-row', label: t('grid.previous'), section, keys: 'k', inPalette: false, run: () => move(-1) },
    { id: 'open-row', label: t('grid.open'), section, keys: 'o', inPalette: false, enabled: here !== undefined, run: () => here && open(here) },
    { id: 'edit-cell', label: t('grid.edit'), section, keys: 'e', inPalette: false, enabled: canWrite, run: () => edit(here, columns[at.column]) },
    { id: 'select-row', label: t('grid.select_row'), section, keys: 'x', inPalette: false, enabled: canWrite, run: () => here && select([here.id], !selected.has(here.id)) },
  ]);
  const first = columns[0]?.name;
  const hasTitle = columns.some((column) => column.name === object.title);
  const renderCell = (row: RecordRow, column: GridColumn): ReactNode => {
    if (phone) return <PhoneCell object={object} row={row} />;
    const field = fields.find((each) => each.name === column.name);
    if (column.name === (hasTitle ? object.title : first)) return <TitleCell object={object} row={row} isDeleted={isDeleted} />;
    return field && <span className="ellipsis"><Value object={object} row={row} field={field} /></span>;
  };
  const descending = asked.order_by.endsWith(' desc');
  const chosen = rows.filter((row) => selected.has(row.id));
  return (
    <>
      {chosen.length > 0 && <BulkBar object={object} rows={chosen} isDeleted={isDeleted} onDone={() => setSelected(new Set())} />}
      <Grid<RecordRow> label={section} columns={phone ? [{ name: first ?? '', label: section, width: 0, isNumber: false, isSortable: false }] : columns} rows={rows} rowHeight={phone ? PHONE_ROW_PX : ROW_PX}
        rowCount={list.isExact && list.total !== null ? list.total : -1} keyOf={(row) => row.id} renderCell={renderCell} editing={editing}
        renderEditor={(row, column) => {
          const field = fields.find((each) => each.name === column.name);
          return field && <CellEditor object={object} row={row} field={field} onDone={() => setEditing(null)} />;
        }}
        selected={phone || !canWrite ? null : selected} onSelect={select} at={at} onAt={setAt} onOpen={open} onEdit={edit}
        sort={asked.order_by && !asked.q ? { name: asked.order_by.replace(/ desc$/, ''), isDescending: descending } : null}
        onSort={(name) => state.setOrder(nextOrder(asked.order_by, name))} onWidth={onWidth} onEnd={end} />
      <ListFoot list={list} isDeleted={isDeleted} />
    </>
  );
}

function Nothing({ object, list, canWrite, onClear, onNew }: { object: DeclaredObject; list: ListQuery; canWrite: boolean; onClear: () => void; onNew: () => void }) {
  const { t, language } = useI18n();
  const label = labelOf(object, language);
  if (list.q || list.filter) return <EmptyState title={t('list.none')} action={<Button onClick={onClear}>{t('list.clear')}</Button>} />;
  if (list.deleted) return <EmptyState title={t('records.none_deleted')} hint={t('records.none_deleted_hint')} />;
  return <EmptyState title={t('records.empty', { object: label })} hint={t('records.empty_hint')} action={canWrite && <Button type="primary" onClick={onNew}>{t('records.new')}</Button>} />;
}


function Body({ object, list, state, filterFault, ...rest }: Omit<RowsProps, 'fields'> & { fields: DeclaredField[]; filterFault: string | null; onNew: () => void }) {
  const { t } = useI18n();
  if (filterFault) return <EmptyState title={t('filter_by.wrong')} hint={filterFault} action={<Button onClick={() => state.setFilter('')}>{t('list.clear')}</Button>} />;
  if (list.query.isError && list.rows.length === 0) return <ErrorState error={list.query.error} onRetry={() => void list.query.refetch()} />;
  if (list.query.isPending) return <ListSkeleton />;
  const clear = (): void => {
    state.setText('');
    state.setFilter('');
  };
  if (list.rows.length === 0) return <Nothing object={object} list={state.list} canWrite={may(object, 'create')} onClear={clear} onNew={rest.onNew} />;
  return <Rows object={object} list={list} state={state} {...rest} />;
}

export function RecordTable({ object }: { object: DeclaredObject }) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const label = labelOf(object, language);
  usePageTitle(label);
  const [, navigate] = useLocation();
  const state = useListQuery(object);
  const { get, set, list: asked, view } = state;
  const canWrite = may(object, 'update');
  const canCreate = may(object, 'create');
  const input = useRef<InputRef>(null);
  const columnState = useColumns(object, view);
  const columns = columnState.columns.flatMap((column) => gridColumn(object, column, language) ?? []);
  const fields = columns.flatMap((column) => fieldOf(object, column.name) ?? []);
  const list = useRecords(object, asked, fields, !state.isViewPending);
  const [filterOpen, setFilterOpen] = useState(false);
  const create = (): void => set({ new: '1' });
  const fault = list.query.error;
  const filterFault = fault instanceof ApiError && fault.status === 400 && asked.filter ? (fault.message || faultText(fault, i18n)) : null;
  const parsed = fromText(asked.filter);
  const n = asked.filter ? (parsed ? count(parsed) : 1) : 0;
  const width = (name: string, pixels: number): void => columnState.set(columns.map((column) => ({ name: column.name, width: column.name === name ? Math.round(pixels) : column.width })));

  useActions([
    { id: 'search-list', label: t('records.search', { object: label }), section: label, keys: '/', run: () => input.current?.focus() },
    { id: 'filter-list', label: t('filter_by.title'), section: label, keys: 'f', run: () => setFilterOpen(true) },
    { id: 'new-record', label: t('records.new'), section: label, icon: <PlusOutlined />, keys: 'c', enabled: canCreate, run: create },
  ]);
  return (
    <div className="page page-list">
      <header className="page-head">
        <h1 className="page-title">{label}</h1>
        <span className="section-actions">
          {canCreate && !object.admin_only && <Button icon={<UploadOutlined />} onClick={() => navigate(`/imports?object=${object.plural}`)}>{t('imports.button')}</Button>}
          {canCreate && <Button type="primary" icon={<PlusOutlined />} onClick={create}>{t('records.new')}</Button>}
        </span>
      </header>
      <Toolbar object={object} state={state} input={input}>
        <ViewsMenu object={object} view={view} isDeleted={asked.deleted} now={{ filter: asked.filter, order_by: asked.order_by, columns: columns.map(({ name, width: pixels }) => ({ name, width: pixels })) }}
          onOpen={(query) => set({ filter: '', order_by: '', deleted: '', ...query })} />
        <Button icon={<FilterOutlined />} type={n > 0 ? 'primary' : 'default'} aria-expanded={filterOpen} onClick={() => setFilterOpen(!filterOpen)}>{n > 0 ? t('filter_by.count', { n }) : t('filter_by.title')}</Button>
        <span className="only-wide"><ColumnsMenu object={object} columns={columnState} /></span>
        <ExportMenu object={object} list={asked} />
      </Toolbar>
      {filterOpen && <FilterBuilder object={object} text={asked.filter} error={filterFault} onChange={state.setFilter} />}
      <Body object={object} list={list} columns={columns} fields={fields} canWrite={canWrite} state={state} onWidth={width} filterFault={filterFault} onNew={create} />
      <NewRecord object={object} open={get('new') === '1'} given={(name) => get(name)} onClose={() => set(Object.fromEntries(['new', ...object.fields.map((field) => field.name)].map((name) => [name, ''])))} />
    </div>
  );
}
