/* What administrators set up, and what everybody sets up for themselves. */
import { useEffect, useRef, type ReactNode } from 'react';
import { Link } from 'wouter';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { sectionPath, sectionsFor, type Section } from '../../common/sections.ts';
import { useSession } from '../../common/session/Session.tsx';
import { EmptyState } from '../../common/ui/States.tsx';
import { AccountPage } from './AccountPage.tsx';
import { AuditPage } from './AuditPage.tsx';
import { KeysPage } from './KeysPage.tsx';
import { ObjectsPage } from './ObjectsPage.tsx';
import { OrganisationPage } from './OrganisationPage.tsx';
import { PeoplePage } from './PeoplePage.tsx';
import { PipelinesPage } from './PipelinesPage.tsx';
import { RolesPage } from './RolesPage.tsx';
import { TeamsPage } from './TeamsPage.tsx';
import { WebhooksPage } from './WebhooksPage.tsx';

const PAGES: Record<Section['path'], (id: string | undefined) => ReactNode> = {
  people: (id) => <PeoplePage id={id} />,
  roles: (name) => <RolesPage name={name} />,
  teams: () => <TeamsPage />,
  keys: () => <KeysPage />,
  webhooks: () => <WebhooksPage />,
  audit: () => <AuditPage />,
  objects: (id) => <ObjectsPage plural={id} />,
  pipelines: () => <PipelinesPage />,
  organisation: () => <OrganisationPage />,
  account: () => <AccountPage />,
};

export function Settings({ section, id }: { section: string | undefined; id: string | undefined }) {
  const { t } = useI18n();
  const { user } = useSession();
  const sections = sectionsFor(user);
  const current = section ? sections.find((each) => each.path === section) : sections[0];
  const nav = useRef<HTMLElement>(null);
  usePageTitle(t(current?.label ?? 'nav.settings'));
  /* On a phone not all names fit: the open one is in sight. */
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);
  if (!current) return <EmptyState isPage title={t('error.forbidden')} hint={t('error.forbidden_hint')} />;
  return (
    <div className="page">
      <header className="page-head"><h1 className="page-title">{t('nav.settings')}</h1></header>
      <nav ref={nav} className="filters" aria-label={t('nav.settings')}>
        {sections.map((each) => (
          <Link key={each.path} href={sectionPath(each)} className={`filter${each === current ? ' is-selected' : ''}`} aria-current={each === current ? 'page' : undefined}>{t(each.label)}</Link>
        ))}
      </nav>
      {PAGES[current.path](id)}
    </div>
  );
}
