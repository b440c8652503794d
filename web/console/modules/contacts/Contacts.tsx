import { PlusOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Button, Input, Table, type InputRef, type TableColumnsType } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { Contact } from '../../../shared/api/types.ts';
import { useActions } from '../../common/actions/Actions.tsx';
import { api } from '../../common/api.ts';
import { useI18n, type Translate } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { EmptyState, ErrorState } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { useDebounced } from '../../common/ui/useDebounced.ts';
import { PHONE, ROOMY, useMedia } from '../../common/ui/useMedia.ts';
import { useQueryState } from '../../common/ui/useQueryState.ts';
import { NewContact } from './NewContact.tsx';

const PAGE_SIZE = 100;

function columns(t: Translate, phone: boolean, roomy: boolean): TableColumnsType<Contact> {
  const name = {
    title: t('contact.name'), key: 'name', ellipsis: true,
    render: (_: unknown, row: Contact) => (
      <div className="cell-title">
        <Link href={`/contacts/${row.id}`}>{row.name || t('contact.unnamed')}</Link>
        {phone && <span className="muted small ellipsis">{row.email ?? row.phone}</span>}
      </div>
    ),
  };
  const updated = { title: t('contact.updated'), key: 'updated', width: phone ? 96 : 130, render: (_: unknown, row: Contact) => <Time at={row.updated_at} /> };
  if (phone) return [name, updated];
  return [
    name,
    { title: t('contact.email'), dataIndex: 'email', key: 'email', ellipsis: true },
    { title: t('contact.phone'), dataIndex: 'phone', key: 'phone', width: 170, ellipsis: true },
    ...(roomy ? [{ title: t('contact.source'), dataIndex: 'source', key: 'source', width: 120, ellipsis: true }] : []),
    updated,
  ];
}

export function Contacts() {
  const { t } = useI18n();
  usePageTitle(t('nav.contacts'));
  const [get, set] = useQueryState();
  const [, navigate] = useLocation();
  const phone = useMedia(PHONE);
  const roomy = useMedia(ROOMY);
  const [text, setText] = useState(get('q'));
  const q = useDebounced(text.trim(), 200);
  const input = useRef<InputRef>(null);
  const creating = get('new') === '1';
  const query = useInfiniteQuery({
    queryKey: ['contacts', q],
    queryFn: ({ pageParam, signal }) => api.contacts({ q, page_size: PAGE_SIZE, page_token: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_page_token,
    placeholderData: keepPreviousData,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const create = (): void => set({ new: '1' });

  useEffect(() => {
    if (q !== get('q')) set({ q });
  }, [q, get, set]);

  useActions([
    { id: 'search-list', label: t('contacts.search'), section: t('nav.contacts'), keys: '/', run: () => input.current?.focus() },
    { id: 'new-contact', label: t('contacts.new'), section: t('nav.contacts'), icon: <PlusOutlined />, keys: 'c', run: create },
  ]);

  const empty = q
    ? <EmptyState title={t('list.none')} action={<Button onClick={() => setText('')}>{t('list.clear')}</Button>} />
    : <EmptyState title={t('contacts.empty')} hint={t('contacts.empty_hint')} action={<Button type="primary" onClick={create}>{t('contacts.new')}</Button>} />;

  return (
    <div className="page">
      <header className="page-head">
        <h1 className="page-title">{t('nav.contacts')}</h1>
        <Button type="primary" icon={<PlusOutlined />} onClick={create}>{t('contacts.new')}</Button>
      </header>
      <div className="toolbar" role="search">
        <Input ref={input} allowClear value={text} className="toolbar-search" type="search" placeholder={t('contacts.search')} aria-label={t('contacts.search')} onChange={(event) => setText(event.target.value)} />
      </div>
      {query.isError && rows.length === 0 ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : (
        <>
          <Table rowKey="id" size="middle" columns={columns(t, phone, roomy)} dataSource={rows} pagination={false} tableLayout="fixed" loading={query.isPending || query.isPlaceholderData}
            locale={{ emptyText: query.isPending ? ' ' : empty }} onRow={(row) => ({ onClick: (event) => {
              if (!(event.target as HTMLElement).closest('a')) navigate(`/contacts/${row.id}`);
            } })} />
          <footer className="list-foot">
            {rows.length > 0 && <span className="muted">{t('list.shown', { n: rows.length })}</span>}
            {query.hasNextPage && <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('list.more')}</Button>}
          </footer>
        </>
      )}
      <NewContact open={creating} onClose={() => set({ new: '' })} />
    </div>
  );
}
