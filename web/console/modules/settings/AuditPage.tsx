/* The audit trail: who did what, when, with what was before and after, and whether the chain is as it was written.
   What is asked for stands in the address. */
import { CheckCircleOutlined, SafetyOutlined, WarningOutlined } from '@ant-design/icons';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Button, Input, Select, Tag } from 'antd';
import { useRef } from 'react';
import { Link } from 'wouter';
import type { AuditRow } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n, type Translate } from '../../common/i18n/I18n.tsx';
import { fieldOf, labelOf, recordPath, useObjects, type DeclaredField, type DeclaredObject } from '../../common/schema/objects.ts';
import { numberText, valueText } from '../../common/schema/Value.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { useQueryState } from '../../common/ui/useQueryState.ts';
import { useStaff } from './queries.ts';

const PAGE_SIZE = 50;
const SHOWN_OF_ID = 8;
const ACTIONS = [
  'create', 'update', 'delete', 'restore', 'purge', 'read', 'list', 'export', 'import', 'import_revert', 'export_person', 'erase', 'login', 'invite', 'deactivate',
  'reactivate', 'reset', 'set_password', 'totp_on', 'totp_off', 'revoke', 'add', 'promote',
  'shadow', 'rollback',
] as const;
/* What is audited and is no object of records. */
const OTHERS = ['users', 'roles', 'teams', 'api_keys', 'webhooks', 'organisations', 'objects', 'conversations', 'attachments', 'model', 'classifiers'] as const;
const ACTORS = ['visitor', 'user', 'key', 'system', 'nobody'] as const;

function wordOf<Word extends string>(words: readonly Word[], word: string, say: (known: Word) => string): string {
  const known = words.find((each) => each === word);
  return known ? say(known) : word;
}

const actionText = (action: string, t: Translate): string => wordOf(ACTIONS, action, (known) => t(`audit_action.${known}`));

function objectText(plural: string, object: DeclaredObject | undefined, t: Translate, language: 'zh' | 'en'): string {
  return object ? labelOf(object, language) : wordOf(OTHERS, plural, (known) => t(`audit_object.${known}`));
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}

/* What a field held: as records show it, where its declaration is known. */
function Held({ object, field, value }: { object: DeclaredObject | undefined; field: DeclaredField | undefined; value: unknown }) {
  const i18n = useI18n();
  const staff = useStaff().data?.items ?? [];
  if (isNothing(value)) return <span className="muted">{i18n.t('field.empty')}</span>;
  if (!object || !field || field.custom) return <>{plainText(value)}</>;
  if (field.type !== 'reference' || !field.target) return <>{valueText(object, { id: '', [field.name]: value }, field, i18n)}</>;
  const id = plainText(value);
  if (field.target === 'users') return <>{staff.find((each) => each.id === id)?.name ?? id}</>;
  return <Link href={recordPath(field.target, id)}><code>{id.slice(-SHOWN_OF_ID)}</code></Link>;
}

function Changes({ row, object }: { row: AuditRow; object: DeclaredObject | undefined }) {
  const { t, language } = useI18n();
  if (row.erased) return <span className="muted">{t('audit.erased')}</span>;
  const { changes, ...rest } = row.detail;
  const fields = Object.entries((changes ?? {}) as Record<string, unknown>);
  return (
    <ul className="audit-changes">
      {fields.map(([name, value]) => {
        const [before, after] = Array.isArray(value) ? value as unknown[] : [null, value];
        const field = object && fieldOf(object, name);
        const held = (each: unknown) => <Held object={object} field={field} value={each} />;
        return <li key={name}><span className="muted">{field ? labelOf(field, language) : name}</span> {isNothing(before) ? held(before) : <del>{held(before)}</del>} → <ins>{held(after)}</ins></li>;
      })}
      {Object.entries(rest).filter(([, value]) => !isNothing(value)).map(([name, value]) => <li key={name}><span className="muted">{name}</span> {plainText(value)}</li>)}
    </ul>
  );
}

function Row({ row, objects }: { row: AuditRow; objects: DeclaredObject[] }) {
  const { t, language } = useI18n();
  const object = objects.find((each) => each.plural === row.object);
  const short = row.record_id.slice(-SHOWN_OF_ID);
  return (
    <tr>
      <td><Time at={row.at} /></td>
      <td>{row.actor_name ?? wordOf(ACTORS, row.actor_kind, (known) => t(`audit_actor.${known}`))}</td>
      <td><Tag>{actionText(row.action, t)}</Tag></td>
      <td>{objectText(row.object, object, t, language)} {object && row.record_id !== '*' ? <Link href={recordPath(row.object, row.record_id)}><code>{short}</code></Link> : <code className="muted">{short}</code>}</td>
      <td><Changes row={row} object={object} />{row.reason && <p className="muted small">{t('audit.reason', { reason: row.reason })}</p>}</td>
    </tr>
  );
}

function Chain() {
  const { t, language } = useI18n();
  /* A look walks what is new, the button all of it. */
  const full = useRef(false);
  const ask = async ({ signal }: { signal: AbortSignal }) => {
    const all = full.current;
    full.current = false;
    return api.auditState(all, signal);
  };
  const { data, error, isFetching, refetch } = useQuery({ queryKey: ['audit-state'], queryFn: ask, staleTime: 60_000 });
  const walk = (): void => {
    full.current = true;
    void refetch();
  };
  const again = <Button size="small" icon={<SafetyOutlined />} loading={isFetching} onClick={walk}>{t('audit.check')}</Button>;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const broken = data && (data.broken_at === null ? t('audit.broken', { n: data.faults }) : t('audit.broken_at', { row: numberText(data.broken_at, language), n: data.faults }));
  return (
    <div className="audit-chain" role="status">
      {!data ? <span className="muted">{t('audit.checking')}</span>
        : data.verified ? <Tag color="success" icon={<CheckCircleOutlined />}>{t('audit.verified', { n: data.rows, count: numberText(data.rows, language) })}</Tag>
          : <Tag color="error" icon={<WarningOutlined />}>{broken}</Tag>}
      {data && <Time at={data.checked_at} />}
      {again}
    </div>
  );
}

function dayStart(day: string, days: number): string | null {
  const date = new Date(`${day}T00:00:00`);
  if (Number.isNaN(date.getTime())) return null;
  date.setDate(date.getDate() + days);
  return new Date(date.getTime() - days).toISOString(); /* the last millisecond of the day where it ends */
}

function Filters({ objects }: { objects: DeclaredObject[] }) {
  const { t, language } = useI18n();
  const [get, set] = useQueryState();
  const staff = useStaff().data?.items ?? [];
  const pick = (name: string, label: string, options: { value: string; label: string }[]) => (
    <Select<string> allowClear showSearch={{ optionFilterProp: 'label' }} className="toolbar-select" aria-label={label} placeholder={label} value={get(name) || null} options={options} onChange={(value) => set({ [name]: value ?? '' })} />
  );
  const plurals = [...new Set([...objects.map((each) => each.plural), ...OTHERS])];
  return (
    <div className="toolbar" role="search" aria-label={t('audit.title')}>
      {pick('actor', t('audit.who'), staff.map((each) => ({ value: each.id, label: each.name })))}
      {pick('action', t('audit.what'), ACTIONS.map((value) => ({ value, label: actionText(value, t) })))}
      {pick('object', t('audit.object'), plurals.map((value) => ({ value, label: objectText(value, objects.find((each) => each.plural === value), t, language) })))}
      <Input className="toolbar-select" allowClear value={get('record')} placeholder={t('audit.record')} aria-label={t('audit.record')} autoComplete="off" onChange={(event) => set({ record: event.target.value.trim() })} />
      <Input className="toolbar-select" type="date" value={get('since')} prefix={<span aria-hidden>{t('audit.since')}</span>} aria-label={t('audit.since')} onChange={(event) => set({ since: event.target.value })} />
      <Input className="toolbar-select" type="date" value={get('until')} prefix={<span aria-hidden>{t('audit.until')}</span>} aria-label={t('audit.until')} onChange={(event) => set({ until: event.target.value })} />
    </div>
  );
}

const FILTERS = ['actor', 'action', 'object', 'record', 'since', 'until'] as const;

function Rows({ objects }: { objects: DeclaredObject[] }) {
  const { t } = useI18n();
  const [get, set] = useQueryState();
  const asked = {
    actor_id: get('actor'), action: get('action'), object: get('object'), record_id: get('record'), since: get('since') && dayStart(get('since'), 0), until: get('until') && dayStart(get('until'), 1),
  };
  const query = useInfiniteQuery({
    queryKey: ['audit', asked],
    queryFn: ({ pageParam, signal }) => api.audit({ ...asked, page_size: PAGE_SIZE, page_token: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_page_token,
  });
  if (query.isError && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <ListSkeleton />;
  const rows = query.data.pages.flatMap((page) => page.items);
  const clear = <Button onClick={() => set(Object.fromEntries(FILTERS.map((name) => [name, ''])))}>{t('list.clear')}</Button>;
  if (rows.length === 0) return <EmptyState title={t('audit.none')} action={clear} />;
  const heads = ['audit.when', 'audit.who', 'audit.what', 'audit.object', 'audit.changes'] as const;
  return (
    <>
      <div className="table-box" tabIndex={0} role="region" aria-label={t('audit.title')}>
        <table className="plain-table audit-table">
          <thead><tr>{heads.map((head) => <th key={head} scope="col">{t(head)}</th>)}</tr></thead>
          <tbody>{rows.map((row) => <Row key={row.seq} row={row} objects={objects} />)}</tbody>
        </table>
      </div>
      <footer className="toolbar">
        <span className="muted" role="status">{t('list.shown', { n: rows.length })}</span>
        {query.hasNextPage && <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t(query.isFetchNextPageError ? 'error.retry' : 'audit.more')}</Button>}
      </footer>
    </>
  );
}

export function AuditPage() {
  const { t } = useI18n();
  const { query, objects } = useObjects();
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <ListSkeleton />;
  return (
    <section className="card">
      <h2 className="section-title">{t('audit.title')}</h2>
      <Chain />
      <Filters objects={objects} />
      <Rows objects={objects} />
    </section>
  );
}
