/* Searches the knowledge while writing and puts an answer into the draft. */
import { useQuery } from '@tanstack/react-query';
import { Input } from 'antd';
import { useEffect, useId, useState, type KeyboardEvent } from 'react';
import type { Article, Language } from '../../../shared/api/types.ts';
import { plainWords } from '../../../shared/text.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useDebounced } from '../../common/ui/useDebounced.ts';

const LIMIT = 8;

export interface KnowledgePickerProps {
  language: Language;
  onInsert: (body: string) => void;
  onClose: () => void;
}

export function KnowledgePicker({ language, onInsert, onClose }: KnowledgePickerProps) {
  const { t } = useI18n();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const q = useDebounced(text.trim(), 150);
  const id = useId();
  const query = useQuery({
    queryKey: ['articles', 'pick', q, language],
    queryFn: ({ signal }) => api.articles({ q, language, status: 'published', page_size: LIMIT }, signal),
    placeholderData: (before) => before,
  });
  const rows: Article[] = query.data?.items ?? [];
  const current = rows[Math.min(at, rows.length - 1)];
  /* Enter pressed before the list has caught up with the text waits for it, so that what is inserted
     is what was asked for. */
  const stale = query.isPlaceholderData || query.isPending || q !== text.trim();
  const [entered, setEntered] = useState(false);
  useEffect(() => {
    if (!entered || stale) return;
    setEntered(false);
    if (current) onInsert(current.body);
  }, [entered, stale, current, onInsert]);

  const handleKey = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'ArrowDown') setAt(Math.min(at + 1, rows.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (event.key === 'Enter') setEntered(true);
    else if (event.key === 'Escape') onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="picker" role="group" aria-label={t('picker.label')}>
      <Input autoFocus value={text} placeholder={t('picker.placeholder')} aria-label={t('picker.placeholder')} role="combobox"
        aria-expanded aria-controls={id} aria-activedescendant={current ? `${id}-${current.id}` : undefined} onKeyDown={handleKey}
        onChange={(event) => { setText(event.target.value); setAt(0); setEntered(false); }} />
      <ul id={id} role="listbox" aria-label={t('picker.label')} className="picker-rows">
        {rows.map((each, index) => (
          <li key={each.id} id={`${id}-${each.id}`} role="option" aria-selected={each === current}
            className={each === current ? 'is-current' : ''} onMouseEnter={() => setAt(index)} onMouseDown={(event) => { event.preventDefault(); onInsert(each.body); }}>
            <span className="picker-title">{each.title}</span>
            <span className="muted small picker-body">{plainWords(each.body)}</span>
          </li>
        ))}
      </ul>
      <p className="muted small picker-note" role="status">
        {query.isError ? t('picker.failed') : query.isSuccess && rows.length === 0 ? t('picker.none') : t('picker.hint')}
      </p>
    </div>
  );
}
