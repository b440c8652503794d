/* The frame around every page: where to go, who is logged in, whether the line is up. */
import { AppstoreOutlined, BarChartOutlined, BookOutlined, CheckSquareOutlined, MessageOutlined, ProjectOutlined, RobotOutlined, SearchOutlined, TeamOutlined } from '@ant-design/icons';
import { Badge, Tooltip } from 'antd';
import { Suspense, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useActions, type Action } from '../common/actions/Actions.tsx';
import { useI18n, type Key } from '../common/i18n/I18n.tsx';
import { useLive, useWaitingCount } from '../common/live/Live.tsx';
import { useConversationList } from '../common/live/lists.ts';
import { labelOf, listPath, may, useObjects, workObjects } from '../common/schema/objects.ts';
import { useSession } from '../common/session/Session.tsx';
import { later } from '../common/ui/later.ts';
import { Bell } from './Bell.tsx';
import { UserMenu } from './UserMenu.tsx';

const Palette = later(() => import('./Palette.tsx').then((module) => module.Palette));
const Shortcuts = later(() => import('./Shortcuts.tsx').then((module) => module.Shortcuts));

interface NavRow {
  path: string;
  href: string;
  label: Key;
  icon: ReactNode;
  keys: string;
  isForAdmins?: boolean;
}

const NAV: NavRow[] = [
  { path: '/inbox', href: '/inbox/all', label: 'nav.inbox', icon: <MessageOutlined aria-hidden />, keys: '1' },
  { path: '/knowledge', href: '/knowledge', label: 'nav.knowledge', icon: <BookOutlined aria-hidden />, keys: '2' },
  { path: '/records/contacts', href: '/records/contacts', label: 'nav.contacts', icon: <TeamOutlined aria-hidden />, keys: '3' },
  { path: '/board', href: '/board', label: 'nav.board', icon: <ProjectOutlined aria-hidden />, keys: '4' },
  { path: '/day', href: '/day', label: 'nav.day', icon: <CheckSquareOutlined aria-hidden />, keys: '5' },
  { path: '/records', href: '/records', label: 'nav.records', icon: <AppstoreOutlined aria-hidden />, keys: '6' },
  { path: '/reports', href: '/reports/voice', label: 'nav.reports', icon: <BarChartOutlined aria-hidden />, keys: '7' },
  { path: '/model', href: '/model', label: 'nav.model', icon: <RobotOutlined aria-hidden />, keys: '8', isForAdmins: true },
];

/* The page that is open is the one whose path says most. */
function currentPage(path: string): string | undefined {
  return NAV.filter((row) => path === row.path || path.startsWith(`${row.path}/`)).sort((a, b) => b.path.length - a.path.length)[0]?.path;
}

/* Every list of records, and a new record of every kind, from everywhere. */
function useRecordActions(): Action[] {
  const { t, language } = useI18n();
  const [, navigate] = useLocation();
  const { objects } = useObjects();
  const section = t('section.records');
  return workObjects(objects).flatMap((object) => {
    const label = labelOf(object, language);
    const open: Action = { id: `list-${object.plural}`, label: t('action.go', { page: label }), section, whenTyped: true, run: () => navigate(listPath(object.plural)) };
    const make: Action = { id: `new-${object.plural}`, label: t('records.new_of', { object: label }), section, whenTyped: true, run: () => navigate(listPath(object.plural, { new: '1' })) };
    return may(object, 'create') ? [open, make] : [open];
  });
}

function Banner() {
  const { t } = useI18n();
  const { status, online } = useLive();
  const text = !online ? t('live.offline') : status === 'retrying' ? t('live.retrying') : null;
  return <div className={`banner${text ? ' is-shown' : ''}`} role="status">{text}</div>;
}

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useI18n();
  const [path, navigate] = useLocation();
  const [dialog, setDialog] = useState<'palette' | 'shortcuts' | null>(null);
  const [used, setUsed] = useState({ palette: false, shortcuts: false });
  const waiting = useWaitingCount();
  const open = currentPage(path);
  const { user } = useSession();
  const nav = NAV.filter((row) => !row.isForAdmins || user.role === 'admin');
  /* Both lists are kept everywhere, so that one that waited already does not sound like one that begins to. */
  useConversationList('mine');
  useConversationList('unassigned');

  const show = (which: 'palette' | 'shortcuts'): void => {
    setUsed((before) => ({ ...before, [which]: true }));
    setDialog(which);
  };
  const pages: Action[] = nav.map((row) => ({
    id: `go-${row.path}`, label: t('action.go', { page: t(row.label) }), section: t('section.pages'), icon: row.icon, keys: row.keys, run: () => navigate(row.href),
  }));
  useActions([
    ...pages,
    ...useRecordActions(),
    { id: 'imports', label: t('action.go', { page: t('imports.title') }), section: t('section.pages'), run: () => navigate('/imports') },
    { id: 'palette', label: t('palette.label'), section: t('section.general'), keys: 'mod+k', inPalette: false, run: () => show('palette') },
    { id: 'shortcuts', label: t('shortcuts.title'), section: t('section.general'), keys: '?', run: () => show('shortcuts') },
  ]);

  return (
    <div className="shell">
      <a className="skip" href="#main">{t('nav.skip')}</a>
      <nav className="rail" aria-label={t('nav.main')}>
        <span className="rail-brand" aria-hidden>{t('app.mark')}</span>
        {nav.map((row) => {
          const current = row.path === open;
          return (
            <Link key={row.path} href={row.href} className={`rail-link rail-${row.label.slice('nav.'.length)}${current ? ' is-selected' : ''}`} aria-current={current ? 'page' : undefined}>
              <Badge count={row.path === '/inbox' ? waiting : 0} size="small" color="var(--zy-badge)" overflowCount={999} title={row.path === '/inbox' ? t('nav.waiting', { n: waiting }) : ''}>{row.icon}</Badge>
              <span className="rail-label">{t(row.label)}</span>
            </Link>
          );
        })}
        <span className="rail-space" />
        <Tooltip title={t('palette.label')} placement="right">
          <button type="button" className="rail-link" onClick={() => show('palette')}>
            <SearchOutlined aria-hidden /><span className="rail-label">{t('nav.search')}</span>
          </button>
        </Tooltip>
        <Bell />
        <UserMenu onShortcuts={() => show('shortcuts')} />
      </nav>
      <div className="frame">
        <Banner />
        <main id="main" tabIndex={-1}>{children}</main>
      </div>
      <Suspense fallback={null}>
        {used.palette && <Palette open={dialog === 'palette'} onClose={() => setDialog(null)} />}
        {used.shortcuts && <Shortcuts open={dialog === 'shortcuts'} onClose={() => setDialog(null)} />}
      </Suspense>
    </div>
  );
}
