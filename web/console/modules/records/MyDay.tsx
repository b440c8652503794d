/* What waits for me: tasks by when they are due, and what is in the calendar. */
import { PlusOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Checkbox, Input } from 'antd';
import { useId, useState } from 'react';
import { Link } from 'wouter';
import { useActions } from '../../common/actions/Actions.tsx';
import { api, newKey } from '../../common/api.ts';
import { useI18n, type Key } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { useNow } from '../../common/now.ts';
import { choiceText, listPath, recordPath, useObject, type RecordRow } from '../../common/schema/objects.ts';
import { useSession } from '../../common/session/Session.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { NewRecord } from './NewRecord.tsx';

const MAX_TASKS = 500;
const DAY_MS = 86_400_000;
const EXPAND = 'contact,company,deal,ticket';
const ABOUT: [string, string][] = [['contact', 'contacts'], ['company', 'companies'], ['deal', 'deals'], ['ticket', 'tickets']];

interface Part {
  id: string;
  label: Key;
  holds: (due: number | null, now: number, endOfDay: number) => boolean;
}

const PARTS: Part[] = [
  { id: 'late', label: 'day.late', holds: (due, now) => due !== null && due < now },
  { id: 'today', label: 'day.today', holds: (due, now, end) => due !== null && due >= now && due < end },
  { id: 'soon', label: 'day.soon', holds: (due, _now, end) => due !== null && due >= end && due < end + 7 * DAY_MS },
  { id: 'later', label: 'day.later', holds: (due, _now, end) => due !== null && due >= end + 7 * DAY_MS },
  { id: 'someday', label: 'day.someday', holds: (due) => due === null },
];

function endOfDay(now: number): number {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}

/* The first record that the task is about. */
function About({ row }: { row: RecordRow }) {
  const found = ABOUT.map(([key, object]) => ({ object, record: row[key] as RecordRow | null | undefined })).find((each) => each.record);
  if (!found?.record) return null;
  return <Link href={recordPath(found.object, found.record.id)} className="muted small ellipsis">{String(found.record['name'] ?? found.record['subject'] ?? '')}</Link>;
}

function TaskRow({ task, onDone }: { task: RecordRow; onDone: () => void }) {
  const { t } = useI18n();
  const title = String(task['title'] ?? '');
  return (
    <li className="task">
      <Checkbox checked={false} aria-label={t('day.done', { name: title })} onChange={onDone} />
      <span className="task-main"><Link href={recordPath('tasks', task.id)} className="ellipsis">{title}</Link><About row={task} /></span>
      {task['priority'] === 'high' && <span className="waiting waiting-late">{choiceText('high', t)}</span>}
      {typeof task['due_at'] === 'string' && <Time at={task['due_at']} />}
    </li>
  );
}

function QuickAdd({ onAdded }: { onAdded: () => void }) {
  const { t } = useI18n();
  const toasts = useToasts();
  const { user } = useSession();
  const now = useNow();
  const [title, setTitle] = useState('');
  const [key, setKey] = useState(newKey);
  const id = useId();
  const add = async (): Promise<void> => {
    if (!title.trim()) return;
    try {
      await api.createRecord('tasks', { title: title.trim(), owner_id: user.id, due_at: new Date(endOfDay(now) - 1000).toISOString() }, key);
      setTitle('');
      setKey(newKey());
      onAdded();
    } catch (error) {
      toasts.failed(error, t('record.not_saved'));
    }
  };
  return (
    <div className="quick-add">
      <Input id={id} value={title} maxLength={300} autoComplete="off" placeholder={t('day.add')} aria-label={t('day.add')} onChange={(event) => setTitle(event.target.value)} onPressEnter={() => void add()} />
      <Button icon={<PlusOutlined />} disabled={!title.trim()} onClick={() => void add()}>{t('lines.add')}</Button>
    </div>
  );
}

function Calendar() {
  const { t } = useI18n();
  const query = useQuery({
    queryKey: ['day', 'activities'],
    queryFn: ({ signal }) => api.records('activities', { filter: 'owner_id = me AND starts_at >= now-1d AND starts_at <= now+7d', order_by: 'starts_at', page_size: 50, expand: EXPAND }, signal),
  });
  const rows = query.data?.items ?? [];
  return (
    <section className="card" aria-label={t('day.calendar')}>
      <h2 className="section-title">{t('day.calendar')}</h2>
      {rows.length === 0 && <p className="muted">{t('day.calendar_none')}</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.id} className="task"><span className="task-main"><Link href={recordPath('activities', row.id)} className="ellipsis">{String(row['subject'] ?? '')}</Link><About row={row} /></span>
            {typeof row['starts_at'] === 'string' && <Time at={row['starts_at']} />}</li>
        ))}
      </ul>
    </section>
  );
}

export function MyDay() {
  const { t } = useI18n();
  usePageTitle(t('nav.day'));
  const toasts = useToasts();
  const client = useQueryClient();
  const { user } = useSession();
  const object = useObject('tasks');
  const now = useNow();
  const [creating, setCreating] = useState(false);
  const query = useQuery({
    queryKey: ['day', 'tasks'],
    queryFn: ({ signal }) => api.records('tasks', { filter: 'owner_id = me AND status = open', order_by: 'due_at', page_size: MAX_TASKS, expand: EXPAND }, signal),
  });
  const refresh = (): void => {
    for (const key of ['day', 'records', 'related', 'record']) void client.invalidateQueries({ queryKey: [key] });
  };
  const done = (task: RecordRow): void => {
    const set = (status: string): Promise<unknown> => api.updateRecord('tasks', task.id, { status }).then(refresh);
    set('done').then(() => toasts.undoable(t('day.is_done', { name: String(task['title'] ?? '') }), () => void set('open').catch(toasts.failed)), toasts.failed);
  };
  useActions([{ id: 'new-task', label: t('day.new'), section: t('nav.day'), icon: <PlusOutlined />, keys: 'c', run: () => setCreating(true) }]);
  const tasks = query.data?.items ?? [];
  const end = endOfDay(now);
  const due = (task: RecordRow): number | null => (typeof task['due_at'] === 'string' ? Date.parse(task['due_at']) : null);
  return (
    <div className="page">
      <header className="page-head">
        <h1 className="page-title">{t('nav.day')}</h1>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)}>{t('day.new')}</Button>
      </header>
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <ListSkeleton />}
      {query.isSuccess && (
        <div className="record">
          <div className="record-main">
            <QuickAdd onAdded={refresh} />
            {tasks.length === 0 && <EmptyState title={t('day.nothing')} hint={t('day.nothing_hint')} />}
            {PARTS.map((part) => {
              const found = tasks.filter((task) => part.holds(due(task), now, end));
              return found.length > 0 && (
                <section key={part.id} className="card" aria-label={t(part.label)}>
                  <h2 className="section-title">{t(part.label)} <span className="muted">{found.length}</span></h2>
                  <ul>{found.map((task) => <TaskRow key={task.id} task={task} onDone={() => done(task)} />)}</ul>
                </section>
              );
            })}
            <Link href={listPath('tasks')}>{t('day.all')}</Link>
          </div>
          <Calendar />
        </div>
      )}
      {object && <NewRecord object={object} open={creating} given={(name) => (name === 'owner_id' ? user.id : '')} onClose={() => setCreating(false)} onCreated={refresh} />}
    </div>
  );
}
