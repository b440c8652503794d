/* Finds anything and does anything: actions of the page, pages, and what the search knows. */
import { BookOutlined, FileTextOutlined, MessageOutlined, UserOutlined } from '@ant-design/icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Input, Modal } from 'antd';
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { SearchHit } from '../../shared/api/types.ts';
import { useAllActions } from '../common/actions/Actions.tsx';
import { api } from '../common/api.ts';
import { useI18n } from '../common/i18n/I18n.tsx';
import { Keys } from '../common/ui/Keys.tsx';
import { labelOf, recordPath, useObjects } from '../common/schema/objects.ts';
import { useDebounced } from '../common/ui/useDebounced.ts';

interface Row {
  id: string;
  section: string;
  label: string;
  hint?: string | null;
  icon?: ReactNode;
  keys?: string | undefined;
  run: () => void;
}

const MAX_ACTIONS = 12;
const ICONS: Record<string, ReactNode> = { contacts: <UserOutlined />, articles: <BookOutlined />, conversations: <MessageOutlined /> };

function matches(label: string, q: string): boolean {
  return q.toLowerCase().split(/\s+/).every((word) => label.toLowerCase().includes(word));
}

function useRowsFor(text: string, onDone: () => void): { rows: Row[]; stale: boolean; failed: boolean } {
  const { t, language } = useI18n();
  const { objects } = useObjects();
  const [, navigate] = useLocation();
  const actions = useAllActions();
  const q = useDebounced(text.trim(), 120);
  const query = useQuery({ queryKey: ['search', q], queryFn: ({ signal }) => api.search(q, signal), enabled: q.length > 0, placeholderData: keepPreviousData });
  const done = (run: () => void) => () => {
    onDone();
    run();
  };
  /* What belongs to this page comes first, what is always there last. */
  const late = [t('section.records'), t('section.pages'), t('section.general')];
  const rank = (section: string): number => late.indexOf(section);
  const known: Row[] = [...actions]
    .sort((a, b) => Number(a.isDanger ?? false) - Number(b.isDanger ?? false) || rank(a.section) - rank(b.section))
    .filter((each) => each.inPalette !== false && each.enabled !== false && !(each.whenTyped && !q) && matches(each.label, text))
    .slice(0, MAX_ACTIONS)
    .map((each) => ({ id: `action-${each.id}`, section: each.section, label: each.label, icon: each.icon, keys: each.keys, run: done(each.run) }));
  const sectionOf = (hit: SearchHit): string => {
    const object = objects.find((each) => each.plural === hit.object);
    return object ? labelOf(object, language) : t('search.conversations');
  };
  /* A conversation is found by each of its messages: it is shown once, by the first. */
  const found = new Map<string, SearchHit>();
  for (const hit of q ? query.data?.items ?? [] : []) if (!found.has(hit.object + hit.id)) found.set(hit.object + hit.id, hit);
  const hits: Row[] = [...found.values()].map((hit) => ({
    id: `${hit.object}-${hit.id}`, section: sectionOf(hit), label: hit.title || (hit.object === 'conversations' ? t('inbox.visitor', { id: hit.id.slice(-4) }) : t('record.untitled')), hint: hit.snippet,
    icon: ICONS[hit.object] ?? <FileTextOutlined />, run: done(() => navigate(recordPath(hit.object, hit.id))),
  }));
  const order = [...new Set([...known, ...hits].map((row) => row.section))];
  const rows = [...known, ...hits].sort((a, b) => order.indexOf(a.section) - order.indexOf(b.section));
  const stale = q !== text.trim() || (q.length > 0 && (query.isPlaceholderData || query.isPending) && !query.isError);
  return { rows, stale, failed: query.isError };
}

export interface PaletteProps {
  open: boolean;
  onClose: () => void;
}

function PaletteBody({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const { rows, stale, failed } = useRowsFor(text, onClose);
  const [entered, setEntered] = useState(false);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const index = Math.min(at, Math.max(0, rows.length - 1));
  const current = rows[index];

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [index, rows.length]);

  /* Enter pressed before the search has caught up waits for it, rather than open what was not asked for. */
  useEffect(() => {
    if (!entered || stale) return;
    setEntered(false);
    current?.run();
  }, [entered, stale, current]);

  const handleKey = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'ArrowDown') setAt(Math.min(index + 1, rows.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(index - 1, 0));
    else if (event.key === 'Enter') setEntered(true);
    else return;
    event.preventDefault();
  };

  const note = failed ? t('palette.failed') : stale ? t('palette.searching') : rows.length === 0 ? t('palette.none') : t('palette.hint');
  return (
    <div className="palette">
      <Input autoFocus variant="borderless" value={text} placeholder={t('palette.placeholder')} aria-label={t('palette.placeholder')} role="combobox" aria-expanded
        aria-controls={id} aria-activedescendant={current ? `${id}-${current.id}` : undefined} onKeyDown={handleKey}
        onChange={(event) => { setText(event.target.value); setAt(0); setEntered(false); }} />
      <div id={id} ref={list} role="listbox" aria-label={t('palette.label')} className="palette-rows">
        {rows.map((row, each) => (
          <div key={row.id} role="presentation">
            {row.section !== rows[each - 1]?.section && <div className="palette-section" role="presentation">{row.section}</div>}
            <div id={`${id}-${row.id}`} role="option" aria-selected={each === index} className={`palette-row${each === index ? ' is-current' : ''}`}
              onMouseMove={() => setAt(each)} onMouseDown={(event) => event.preventDefault()} onClick={row.run}>
              <span className="palette-icon" aria-hidden>{row.icon}</span>
              <span className="palette-label">{row.label}{row.hint && <span className="muted small ellipsis">{row.hint}</span>}</span>
              {row.keys && <Keys keys={row.keys} />}
            </div>
          </div>
        ))}
      </div>
      <p className="muted small palette-note" role="status">{note}</p>
    </div>
  );
}

export function Palette({ open, onClose }: PaletteProps) {
  const { t } = useI18n();
  return (
    <Modal open={open} onCancel={onClose} footer={null} closable={false} width={640} className="palette-modal" classNames={{ header: 'unseen' }} title={t('palette.label')} destroyOnHidden transitionName="" maskTransitionName="">
      <PaletteBody onClose={onClose} />
    </Modal>
  );
}
