/* Deals by the stages of a pipeline. A card goes to another stage by drag, by Shift and an arrow key, or by its menu (on a phone).
   A move shows at once and can be undone. Shows what is open, and what was closed in the last 30 days. */
import { FilterOutlined, PlusOutlined, SwapOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Popover, Select } from 'antd';
import { useEffect, useMemo, useState, type DragEvent, type KeyboardEvent } from 'react';
import { Link } from 'wouter';
import { ApiError } from '../../../shared/api/client.ts';
import { useActions } from '../../common/actions/Actions.tsx';
import { api } from '../../common/api.ts';
import { useI18n, type I18n } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { count, fromText } from '../../common/schema/filter.ts';
import { listPath, recordPath, useObject, useUsers, type DeclaredObject, type RecordRow } from '../../common/schema/objects.ts';
import { moneyText, numberText } from '../../common/schema/Value.tsx';
import { useSession } from '../../common/session/Session.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { useQueryState } from '../../common/ui/useQueryState.ts';
import { FilterBuilder } from './FilterBuilder.tsx';
import { Forecast } from './Forecast.tsx';
import { NewRecord } from './NewRecord.tsx';

const MAX_CARDS = 2000;
const PAGE_SIZE = 1000;
const ALL_STAGES = 100;
const CARD_FIELDS = 'name,amount,weighted_amount,currency,stage_id,status,expected_close_on,owner_id,contact_id,company_id';

const textOf = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

async function loadDeals(filter: string, signal: AbortSignal): Promise<{ items: RecordRow[]; isCut: boolean }> {
  const items: RecordRow[] = [];
  let token: string | null = null;
  do {
    const page: { items: RecordRow[]; next_page_token: string | null } = await api.records('deals', { filter, page_size: PAGE_SIZE, page_token: token, fields: CARD_FIELDS, expand: 'company,contact' }, signal);
    items.push(...page.items);
    token = page.next_page_token;
  } while (token && items.length < MAX_CARDS);
  return { items, isCut: token !== null };
}

/* Money of several currencies is not one sum. */
function sumText(deals: RecordRow[], field: string, { language }: Pick<I18n, 'language'>): string {
  const sums = new Map<string, number>();
  for (const deal of deals) {
    const amount = deal[field];
    if (typeof amount === 'number') sums.set(textOf(deal['currency']), (sums.get(textOf(deal['currency'])) ?? 0) + amount);
  }
  return [...sums].map(([currency, sum]) => moneyText(sum, currency, language)).join(' + ');
}

interface CardProps {
  deal: RecordRow;
  stages: RecordRow[];
  onMove: (deal: RecordRow, stage: RecordRow) => void;
}

function MoveMenu({ deal, stages, onMove }: CardProps) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const content = (
    <div className="move-menu" role="dialog" aria-label={t('board.move', { name: textOf(deal['name']) })}>
      {stages.map((stage) => (
        <Button key={stage.id} type="text" block disabled={stage.id === deal['stage_id']} onClick={() => { setOpen(false); onMove(deal, stage); }}>{textOf(stage['name'])}</Button>
      ))}
    </div>
  );
  return (
    <Popover open={open} onOpenChange={setOpen} trigger="click" placement="bottomRight" arrow={false} content={content}>
      <Button type="text" size="small" icon={<SwapOutlined />} aria-haspopup="dialog" aria-expanded={open} aria-label={t('board.move', { name: textOf(deal['name']) })} />
    </Popover>
  );
}

function Card({ deal, stages, onMove }: CardProps) {
  const { t, language } = useI18n();
  const owner = useUsers().find((user) => user.id === deal['owner_id'])?.name;
  const who = (deal['company'] ?? deal['contact']) as RecordRow | null | undefined;
  const key = (event: KeyboardEvent<HTMLElement>): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const to = stages[stages.findIndex((stage) => stage.id === deal['stage_id']) + step];
    if (!event.shiftKey || step === 0 || !to) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(deal, to);
  };
  const drag = (event: DragEvent): void => {
    event.dataTransfer.setData('text/plain', deal.id);
    event.dataTransfer.effectAllowed = 'move';
  };
  return (
    <li className="board-card" draggable onDragStart={drag} onKeyDown={key} data-deal={deal.id}>
      <div className="board-card-head">
        <Link href={recordPath('deals', deal.id)} title={t('board.keys')} draggable={false} className="board-card-name">{textOf(deal['name'])}</Link>
        <MoveMenu deal={deal} stages={stages} onMove={onMove} />
      </div>
      {who && <p className="muted small ellipsis">{textOf(who['name'])}</p>}
      <p className="board-card-foot small">
        <strong>{typeof deal['amount'] === 'number' ? moneyText(deal['amount'], deal['currency'], language) : ''}</strong>
        <span className="muted">{textOf(deal['expected_close_on'])}</span><span className="muted ellipsis">{owner}</span>
      </p>
    </li>
  );
}

interface ColumnProps {
  stage: RecordRow;
  stages: RecordRow[];
  deals: RecordRow[];
  onMove: (deal: RecordRow, stage: RecordRow) => void;
  onDrop: (id: string, stage: RecordRow) => void;
}

const CARDS_DRAWN = 100;

function Column({ stage, stages, deals, onMove, onDrop }: ColumnProps) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const [isOver, setOver] = useState(false);
  const [drawn, setDrawn] = useState(CARDS_DRAWN);
  const name = textOf(stage['name']);
  const sum = sumText(deals, 'amount', i18n);
  const weighted = stage['kind'] === 'open' ? sumText(deals, 'weighted_amount', i18n) : '';
  return (
    <section className={`board-column is-${textOf(stage['kind'])}${isOver ? ' is-over' : ''}`} aria-label={name} tabIndex={0}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
      onDrop={(event) => { event.preventDefault(); setOver(false); onDrop(event.dataTransfer.getData('text/plain'), stage); }}>
      <header className="board-head">
        <h2>{name} <span className="muted">{numberText(deals.length, language)}</span></h2>
        <p className="small board-sum">{sum || ' '}</p>
        <p className="muted small board-weighted">{weighted ? t('board.weighted', { sum: weighted }) : ' '}</p>
      </header>
      <ul className="board-cards">
        {deals.slice(0, drawn).map((deal) => <Card key={deal.id} deal={deal} stages={stages} onMove={onMove} />)}
      </ul>
      {deals.length > drawn && <Button type="link" onClick={() => setDrawn(drawn + CARDS_DRAWN)}>{t('list.more')}</Button>}
    </section>
  );
}

function useBoard(pipeline: string, owner: string, filter: string) {
  const asked = [`pipeline_id = "${pipeline}" AND status = open OR closed_at >= now-30d`, owner && `owner_id = ${owner === 'me' ? 'me' : `"${owner}"`}`, filter && `(${filter})`].filter(Boolean).join(' AND ');
  const key = ['board', pipeline, asked];
  const stages = useQuery({
    queryKey: ['board', 'stages', pipeline], staleTime: 60_000,
    queryFn: ({ signal }) => api.records('stages', { filter: `pipeline_id = "${pipeline}"`, order_by: 'position', page_size: ALL_STAGES }, signal),
  });
  const deals = useQuery({ queryKey: key, queryFn: ({ signal }) => loadDeals(asked, signal) });
  return { stages, deals, key };
}

function useMove(key: unknown[]) {
  const { t } = useI18n();
  const client = useQueryClient();
  const toasts = useToasts();
  const refocus = (id: string): void => {
    setTimeout(() => document.querySelector<HTMLElement>(`[data-deal="${id}"] a`)?.focus(), 0);
  };
  const apply = async (deal: RecordRow, stage: string): Promise<void> => {
    const show = (to: unknown): void => void client.setQueryData<{ items: RecordRow[]; isCut: boolean }>(key, (data) => data && { ...data, items: data.items.map((each) => (each.id === deal.id ? { ...each, stage_id: to } : each)) });
    const before = deal['stage_id'];
    show(stage);
    try {
      await api.updateRecord('deals', deal.id, { stage_id: stage });
    } catch (error) {
      show(before);
      throw error;
    } finally {
      for (const name of ['board', 'records', 'record', 'related']) void client.invalidateQueries({ queryKey: [name] });
    }
  };
  return (deal: RecordRow, stage: RecordRow): void => {
    if (deal['stage_id'] === stage.id) return;
    const before = textOf(deal['stage_id']);
    const hadFocus = document.activeElement?.closest('[data-deal]') !== null && document.activeElement !== document.body;
    apply(deal, stage.id).then(() => toasts.undoable(t('board.moved', { name: textOf(deal['name']), stage: textOf(stage['name']) }), () => {
      void apply({ ...deal, stage_id: stage.id }, before).then(() => undefined, toasts.failed);
    }), (error: unknown) => toasts.failed(error, t('record.not_saved')));
    if (hadFocus) refocus(deal.id);
  };
}

function BoardBody({ stages, deals, onMove }: { stages: RecordRow[]; deals: RecordRow[]; onMove: (deal: RecordRow, stage: RecordRow) => void }) {
  const { t } = useI18n();
  const byStage = useMemo(() => {
    const groups = new Map<unknown, RecordRow[]>();
    for (const deal of deals) groups.set(deal['stage_id'], [...(groups.get(deal['stage_id']) ?? []), deal]);
    return groups;
  }, [deals]);
  const drop = (id: string, stage: RecordRow): void => {
    const deal = deals.find((each) => each.id === id);
    if (deal) onMove(deal, stage);
  };
  return (
    <div className="board" role="region" aria-label={t('nav.board')} tabIndex={0}>
      {stages.map((stage) => <Column key={stage.id} stage={stage} stages={stages} deals={byStage.get(stage.id) ?? []} onMove={onMove} onDrop={drop} />)}
    </div>
  );
}

function usePipeline(chosen: string) {
  const query = useQuery({ queryKey: ['board', 'pipelines'], staleTime: 60_000, queryFn: ({ signal }) => api.records('pipelines', { order_by: 'position', page_size: ALL_STAGES }, signal) });
  const rows = query.data?.items ?? [];
  const pipeline = rows.find((row) => row.id === chosen) ?? rows.find((row) => row['is_default']) ?? rows[0];
  return { query, rows, pipeline };
}

interface BoardToolsProps {
  pipelines: RecordRow[];
  pipeline: string;
  owner: string;
  filter: string;
  filterOpen: boolean;
  set: (change: Record<string, string>) => void;
  onFilter: () => void;
}

function BoardTools({ pipelines, pipeline, owner, filter, filterOpen, set, onFilter }: BoardToolsProps) {
  const { t } = useI18n();
  const { user } = useSession();
  const users = useUsers();
  const parsed = fromText(filter);
  const n = filter ? (parsed ? count(parsed) : 1) : 0;
  const everybody = [{ value: '', label: t('board.everybody') }, { value: 'me', label: t('board.mine') }, ...users.filter((each) => each.id !== user.id).map((each) => ({ value: each.id, label: each.name }))];
  return (
    <div className="toolbar">
      {pipelines.length > 1 && <Select<string> className="toolbar-select" aria-label={t('board.pipeline')} value={pipeline} options={pipelines.map((row) => ({ value: row.id, label: textOf(row['name']) }))} onChange={(id) => set({ pipeline: id })} />}
      <Select<string> className="toolbar-select" aria-label={t('board.owner')} value={owner} options={everybody} onChange={(next) => set({ owner: next })} />
      <Button icon={<FilterOutlined />} type={n > 0 ? 'primary' : 'default'} aria-expanded={filterOpen} onClick={onFilter}>{n > 0 ? t('filter_by.count', { n }) : t('filter_by.title')}</Button>
      <Link href={listPath('deals')}>{t('board.as_list')}</Link>
    </div>
  );
}

function filterFaultOf(error: unknown, filter: string): string | null {
  return error instanceof ApiError && error.status === 400 && filter ? error.message : null;
}

function BoardContent({ pipeline, owner, filter, onFault }: { pipeline: RecordRow; owner: string; filter: string; onFault: (fault: string | null) => void }) {
  const { t } = useI18n();
  const { stages, deals, key } = useBoard(pipeline.id, owner, filter);
  const move = useMove(key);
  const fault = filterFaultOf(deals.error, filter);
  useEffect(() => onFault(fault), [fault, onFault]);
  if (fault) return null;
  const failed = stages.error ?? deals.error;
  if (failed) return <ErrorState error={failed} onRetry={() => { void stages.refetch(); void deals.refetch(); }} />;
  if (!stages.data || !deals.data) return <ListSkeleton />;
  return (
    <>
      <BoardBody stages={stages.data.items} deals={deals.data.items} onMove={move} />
      {deals.data.isCut && <p className="muted" role="status">{t('board.cut', { n: MAX_CARDS })}</p>}
    </>
  );
}

export function Board() {
  const { t } = useI18n();
  usePageTitle(t('nav.board'));
  const client = useQueryClient();
  const object = useObject('deals');
  const [get, set] = useQueryState();
  const [filterOpen, setFilterOpen] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const { query, rows, pipeline } = usePipeline(get('pipeline'));
  const filter = get('filter');
  const create = (): void => set({ new: '1' });
  useActions([{ id: 'new-deal', label: t('board.new'), section: t('nav.board'), icon: <PlusOutlined />, keys: 'c', run: create }]);
  return (
    <div className="page page-list">
      <header className="page-head">
        <h1 className="page-title">{t('nav.board')}</h1>
        <Button type="primary" icon={<PlusOutlined />} onClick={create}>{t('board.new')}</Button>
      </header>
      <BoardTools pipelines={rows} pipeline={pipeline?.id ?? ''} owner={get('owner')} filter={filter} filterOpen={filterOpen} set={set} onFilter={() => setFilterOpen(!filterOpen)} />
      {filterOpen && object && <FilterBuilder object={object} text={filter} error={fault} onChange={(next) => set({ filter: next })} />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <ListSkeleton />}
      {query.isSuccess && !pipeline && <EmptyState title={t('board.none')} hint={t('board.none_hint')} />}
      {pipeline && <Forecast pipeline={pipeline.id} />}
      {pipeline && <BoardContent pipeline={pipeline} owner={get('owner')} filter={filter} onFault={setFault} />}
      {object && <NewDeal object={object} open={get('new') === '1'} pipeline={pipeline?.id ?? ''} onClose={() => set({ new: '' })} onCreated={() => void client.invalidateQueries({ queryKey: ['board'] })} />}
    </div>
  );
}

function NewDeal({ object, open, pipeline, onClose, onCreated }: { object: DeclaredObject; open: boolean; pipeline: string; onClose: () => void; onCreated: () => void }) {
  const { user } = useSession();
  const given: Record<string, string> = { pipeline_id: pipeline, owner_id: user.id };
  return <NewRecord object={object} open={open} given={(name) => given[name] ?? ''} onClose={onClose} onCreated={onCreated} />;
}
