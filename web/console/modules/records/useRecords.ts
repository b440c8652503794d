/* The rows of a list, page by page, and changes of rows that show at once. */
import { keepPreviousData, useInfiniteQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { RecordPage } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { bodyOf, expandFor, valueOf, withValue, type DeclaredField, type DeclaredObject, type RecordRow } from '../../common/schema/objects.ts';

const PAGE_SIZE = 100;

export interface ListQuery {
  q: string;
  filter: string;
  order_by: string;
  deleted: boolean;
}

export function useRecords(object: DeclaredObject, list: ListQuery, fields: DeclaredField[], enabled = true) {
  const expand = expandFor(fields);
  const query = useInfiniteQuery({
    queryKey: ['records', object.plural, list, expand],
    queryFn: ({ pageParam, signal }) => api.records(object.plural, {
      q: list.q, filter: list.filter, order_by: list.order_by, deleted: list.deleted ? 'true' : null, total: pageParam || list.q ? null : 'true', expand, page_size: PAGE_SIZE, page_token: pageParam,
    }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_page_token,
    placeholderData: keepPreviousData, enabled,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const first = query.data?.pages[0];
  return { query, rows, total: first?.total ?? null, isExact: first?.total_exact ?? false };
}

export type Records = ReturnType<typeof useRecords>;

type Pages = InfiniteData<RecordPage, string | null>;

/* Changes of records. Every list and page that shows them follows. */
export function useRecordChanges(object: DeclaredObject) {
  const client = useQueryClient();
  const plural = object.plural;

  const show = useCallback((id: string, change: (row: RecordRow) => RecordRow): void => {
    client.setQueriesData<Pages>({ queryKey: ['records', plural] }, (data) => data && {
      ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map((row) => (row.id === id ? change(row) : row)) })),
    });
    client.setQueriesData<RecordRow>({ queryKey: ['record', plural, id] }, (row) => row && change(row));
  }, [client, plural]);

  const refresh = useCallback((): void => {
    for (const key of ['records', 'record', 'related', 'lookup', 'timeline', 'contact', 'board', 'day', 'recent', 'favourites']) void client.invalidateQueries({ queryKey: [key] });
  }, [client]);

  /* Shows at once; a refusal puts the old value back and is thrown. The answer to a change has no related records with it. */
  const set = useCallback(async (row: RecordRow, field: DeclaredField, value: unknown, known?: RecordRow | null): Promise<void> => {
    const before = valueOf(object, row, field);
    const key = field.name.endsWith('_id') ? field.name.slice(0, -3) : `${field.name}_record`;
    const related = field.type === 'reference' && known !== undefined ? { [key]: known } : {};
    show(row.id, (each) => ({ ...withValue(object, each, field, value), ...related }));
    try {
      const saved = await api.updateRecord(plural, row.id, bodyOf(object, { [field.name]: value }));
      show(row.id, (each) => ({ ...each, ...saved }));
      refresh();
    } catch (error) {
      show(row.id, (each) => withValue(object, each, field, before));
      throw error;
    }
  }, [object, plural, show, refresh]);

  return { set, refresh };
}
