/* What the assistant knows: a table of articles, a drawer to write them. */
import { PlusOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Button, Input, Segmented, Table, Tag, type TableColumnsType } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import type { InputRef } from 'antd';
import type { Article } from '../../../shared/api/types.ts';
import { plainWords } from '../../../shared/text.ts';
import { useActions } from '../../common/actions/Actions.tsx';
import { api } from '../../common/api.ts';
import { useI18n, type Translate } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { EmptyState, ErrorState } from '../../common/ui/States.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { useDebounced } from '../../common/ui/useDebounced.ts';
import { PHONE, ROOMY, useMedia } from '../../common/ui/useMedia.ts';
import { useQueryState } from '../../common/ui/useQueryState.ts';
import { ArticleDrawer } from './ArticleDrawer.tsx';

const PAGE_SIZE = 100;

function columns(t: Translate, search: string, phone: boolean, roomy: boolean): TableColumnsType<Article> {
  const title = {
    title: t('article.title'), dataIndex: 'title', key: 'title', ellipsis: true,
    render: (_: unknown, row: Article) => (
      <div className="cell-title">
        <Link href={`/knowledge/${row.id}${search}`}>{row.title}</Link>
        <span className="muted small ellipsis">{plainWords(row.body)}</span>
      </div>
    ),
  };
  const status = {
    title: t('article.status'), key: 'status', width: phone ? 96 : 110,
    render: (_: unknown, row: Article) => <Tag color={row.status === 'published' ? 'success' : 'default'}>{t(`status.${row.status}`)}</Tag>,
  };
  if (phone) return [title, status];
  const category = { title: t('article.category'), dataIndex: 'category', key: 'category', width: 130, ellipsis: true };
  const language = { title: t('article.language'), key: 'language', width: 100, render: (_: unknown, row: Article) => t(`language.${row.language}`) };
  const kind = { title: t('article.kind'), key: 'kind', width: 110, render: (_: unknown, row: Article) => t(`kind.${row.kind}`) };
  const updated = { title: t('article.updated'), key: 'updated', width: 120, render: (_: unknown, row: Article) => <Time at={row.updated_at} /> };
  return roomy ? [title, category, language, kind, status, updated] : [title, language, status, updated];
}

function useArticles(q: string, language: string, status: string) {
  return useInfiniteQuery({
    queryKey: ['articles', 'list', q, language, status],
    queryFn: ({ pageParam, signal }) => api.articles({ q, language, status, page_size: PAGE_SIZE, page_token: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_page_token,
    placeholderData: keepPreviousData,
  });
}

export function Knowledge({ id }: { id: string | null }) {
  const { t } = useI18n();
  usePageTitle(t('nav.knowledge'));
  const [get, set] = useQueryState();
  const search = useSearch();
  const [, navigate] = useLocation();
  const phone = useMedia(PHONE);
  const roomy = useMedia(ROOMY);
  const [text, setText] = useState(get('q'));
  const q = useDebounced(text.trim(), 200);
  const input = useRef<InputRef>(null);
  const language = get('language');
  const status = get('status');
  const query = useArticles(q, language, status);
  const tail = search ? `?${search}` : '';
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = Boolean(q || language || status);

  useEffect(() => {
    if (q !== get('q')) set({ q });
  }, [q, get, set]);

  useActions([
    { id: 'search-list', label: t('knowledge.search'), section: t('nav.knowledge'), keys: '/', run: () => input.current?.focus() },
    { id: 'new-article', label: t('knowledge.new'), section: t('nav.knowledge'), icon: <PlusOutlined />, keys: 'c', run: () => navigate(`/knowledge/new${tail}`) },
  ]);

  const empty = filtered
    ? <EmptyState title={t('list.none')} action={<Button onClick={() => { setText(''); set({ q: '', language: '', status: '' }); }}>{t('list.clear')}</Button>} />
    : <EmptyState title={t('knowledge.empty')} hint={t('knowledge.empty_hint')} action={<Button type="primary" onClick={() => navigate('/knowledge/new')}>{t('knowledge.new')}</Button>} />;

  return (
    <div className="page">
      <header className="page-head">
        <h1 className="page-title">{t('nav.knowledge')}</h1>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => navigate(`/knowledge/new${tail}`)}>{t('knowledge.new')}</Button>
      </header>
      <div className="toolbar" role="search">
        <Input ref={input} allowClear value={text} className="toolbar-search" type="search" placeholder={t('knowledge.search')} aria-label={t('knowledge.search')} onChange={(event) => setText(event.target.value)} />
        <Segmented aria-label={t('article.language')} value={language} onChange={(value) => set({ language: value })}
          options={[{ value: '', label: t('filter.any_language') }, { value: 'zh', label: t('language.zh') }, { value: 'en', label: t('language.en') }]} />
        <Segmented aria-label={t('article.status')} value={status} onChange={(value) => set({ status: value })}
          options={[{ value: '', label: t('filter.any_status') }, { value: 'published', label: t('status.published') }, { value: 'draft', label: t('status.draft') }]} />
      </div>
      {query.isError && rows.length === 0 ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : (
        <>
          <Table rowKey="id" size="middle" columns={columns(t, tail, phone, roomy)} dataSource={rows} pagination={false} tableLayout="fixed" loading={query.isPending || query.isPlaceholderData}
            locale={{ emptyText: query.isPending ? ' ' : empty }}
            rowClassName={(row) => (row.id === id ? 'is-current' : '')} onRow={(row) => ({ onClick: (event) => {
              if (!(event.target as HTMLElement).closest('a')) navigate(`/knowledge/${row.id}${tail}`);
            } })} />
          <footer className="list-foot">
            {rows.length > 0 && <span className="muted">{t('list.shown', { n: rows.length })}</span>}
            {query.hasNextPage && <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('list.more')}</Button>}
          </footer>
        </>
      )}
      <ArticleDrawer id={id} onClose={() => navigate(`/knowledge${tail}`)} onOpen={(next) => navigate(`/knowledge/${next}${tail}`)} />
    </div>
  );
}
