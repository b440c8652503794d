/* Picks a record of an object by typing a few letters of it. The value is the id. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { useState } from 'react';
import { api } from '../api.ts';
import { useI18n } from '../i18n/I18n.tsx';
import { useDebounced } from '../ui/useDebounced.ts';
import { titleOf, useObject, useUsers, type RecordRow } from './objects.ts';

const FOUND = 20;

export interface LookupProps {
  target: string;
  value: string | null;
  label: string;
  known?: RecordRow | null; /* the record of the value, where it is at hand */
  autoFocus?: boolean;
  onChange: (id: string | null, record: RecordRow | null) => void;
  onBlur?: (() => void) | undefined;
}

interface Options {
  options: { value: string; label: string }[];
  searching: boolean;
  find: (id: string) => RecordRow | null;
}

function useTarget({ target, value, known }: LookupProps, q: string): Options {
  const { t } = useI18n();
  const users = useUsers();
  const object = useObject(target);
  const isUsers = target === 'users';
  const list = useQuery({
    queryKey: ['lookup', target, q], enabled: !isUsers && object !== undefined, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => api.records(target, { q, page_size: FOUND }, signal),
  });
  const own = useQuery({
    queryKey: ['record', target, value], enabled: !isUsers && value !== null && known?.id !== value,
    queryFn: ({ signal }) => api.record(target, value ?? '', {}, signal),
  });
  if (isUsers) return { options: users.map((user) => ({ value: user.id, label: user.name })), searching: false, find: () => null };
  const rows = list.data?.items ?? [];
  const chosen = known && known.id === value ? known : own.data ?? null;
  const all = chosen && !rows.some((row) => row.id === chosen.id) ? [chosen, ...rows] : rows;
  return {
    options: object ? all.map((row) => ({ value: row.id, label: titleOf(object, row, t) })) : [],
    searching: list.isFetching, find: (id) => all.find((row) => row.id === id) ?? null,
  };
}

export function Lookup(props: LookupProps) {
  const { t } = useI18n();
  const [text, setText] = useState('');
  const { options, searching, find } = useTarget(props, useDebounced(text.trim(), 150));
  const local = props.target === 'users';
  return (
    <Select<string> showSearch={local ? { optionFilterProp: 'label' } : { filterOption: false, onSearch: setText }}
      allowClear className="editor" value={props.value} options={options} loading={searching} aria-label={props.label} placeholder={t('lookup.placeholder')}
      autoFocus={props.autoFocus ?? false} defaultOpen={props.autoFocus ?? false} popupMatchSelectWidth={260} notFoundContent={t(searching ? 'palette.searching' : 'picker.none')}
      onBlur={props.onBlur} onChange={(id) => props.onChange(id ?? null, id ? find(id) : null)} />
  );
}
