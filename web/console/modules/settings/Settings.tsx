/* What administrators set up. Sections are rows: address, name, page. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useI18n, type Key } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { useSession } from '../../common/session/Session.tsx';
import { EmptyState } from '../../common/ui/States.tsx';
import { ObjectsPage } from './ObjectsPage.tsx';
import { OrganisationPage } from './OrganisationPage.tsx';
import { PipelinesPage } from './PipelinesPage.tsx';

interface Section {
  path: string;
  label: Key;
  page: (id: string | undefined) => ReactNode;
}

const SECTIONS: Section[] = [
  { path: 'objects', label: 'settings.objects', page: (id) => <ObjectsPage plural={id} /> },
  { path: 'pipelines', label: 'settings.pipelines', page: () => <PipelinesPage /> },
  { path: 'organisation', label: 'settings.organisation', page: () => <OrganisationPage /> },
];

export function Settings({ section, id }: { section: string | undefined; id: string | undefined }) {
  const { t } = useI18n();
  const { user } = useSession();
  const current = SECTIONS.find((each) => each.path === section) ?? SECTIONS[0];
  usePageTitle(t(current?.label ?? 'nav.settings'));
  if (user.role !== 'admin') return <EmptyState isPage title={t('error.forbidden')} hint={t('error.forbidden_hint')} />;
  return (
    <div className="page">
      <header className="page-head"><h1 className="page-title">{t('nav.settings')}</h1></header>
      <nav className="filters" aria-label={t('nav.settings')}>
        {SECTIONS.map((each) => (
          <Link key={each.path} href={`/settings/${each.path}`} className={`filter${each === current ? ' is-selected' : ''}`} aria-current={each === current ? 'page' : undefined}>{t(each.label)}</Link>
        ))}
      </nav>
      {current?.page(id)}
    </div>
  );
}
