/* Which page stands at which address. Pages load when they are first opened. */
import { Suspense, useEffect } from 'react';
import { Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { LiveProvider } from './common/live/Live.tsx';
import { useI18n } from './common/i18n/I18n.tsx';
import { useSessionState } from './common/session/Session.tsx';
import { ErrorBoundary } from './common/ui/ErrorBoundary.tsx';
import { fetchAhead, later } from './common/ui/later.ts';
import { ErrorState, ListSkeleton } from './common/ui/States.tsx';
import { Shell } from './shell/Shell.tsx';
import { LoginPage } from './pages/LoginPage.tsx';
import { NotFoundPage } from './pages/NotFoundPage.tsx';

const InboxPage = later(() => import('./pages/InboxPage.tsx').then((page) => page.default));
const KnowledgePage = later(() => import('./pages/KnowledgePage.tsx').then((page) => page.default));
const RecordsPage = later(() => import('./pages/RecordsPage.tsx').then((page) => page.default));
const BoardPage = later(() => import('./pages/BoardPage.tsx').then((page) => page.default));
const SettingsPage = later(() => import('./pages/SettingsPage.tsx').then((page) => page.default));
const ImportsPage = later(() => import('./pages/ImportsPage.tsx').then((page) => page.default));
const DayPage = later(() => import('./pages/DayPage.tsx').then((page) => page.default));
const WelcomePage = later(() => import('./pages/WelcomePage.tsx').then((page) => page.default));
const ReportsPage = later(() => import('./pages/ReportsPage.tsx').then((page) => page.default));
const ModelPage = later(() => import('./pages/ModelPage.tsx').then((page) => page.default));

/* A fault that comes again is left behind only by a page that is loaded anew; what was written is kept in this browser. */
function loadAgain(): void {
  location.reload();
}

function Pages() {
  const { t } = useI18n();
  const [path] = useLocation();
  const area = path.split('/')[1] ?? '';
  useEffect(fetchAhead, []);
  return (
    <ErrorBoundary key={area} fallback={(error) => <ErrorState error={error} onRetry={loadAgain} />}>
      <Suspense fallback={<div className="page" aria-label={t('state.loading')}><ListSkeleton /></div>}>
        <Switch>
          <Route path="/"><Redirect to="/inbox/all" replace /></Route>
          <Route path="/login"><Redirect to="/inbox/all" replace /></Route>
          <Route path="/inbox/:filter?/:id?">{(params) => <InboxPage filter={params.filter} id={params.id} />}</Route>
          <Route path="/knowledge/:id?">{(params) => <KnowledgePage id={params.id} />}</Route>
          <Route path="/contacts/:id?">{(params) => <Redirect to={`/records/contacts${params.id ? `/${params.id}` : ''}`} replace />}</Route>
          <Route path="/records/articles/:id?">{(params) => <Redirect to={`/knowledge${params.id ? `/${params.id}` : ''}`} replace />}</Route>
          <Route path="/records/:object?/:id?">{(params) => <RecordsPage plural={params.object} id={params.id} />}</Route>
          <Route path="/settings/:section?/:id?">{(params) => <SettingsPage section={params.section} id={params.id} />}</Route>
          <Route path="/imports/:id?">{(params) => <ImportsPage id={params.id} />}</Route>
          <Route path="/reports/:report?/:list?">{(params) => <ReportsPage report={params.report} list={params.list} />}</Route>
          <Route path="/board"><BoardPage /></Route>
          <Route path="/day"><DayPage /></Route>
          <Route path="/model"><ModelPage /></Route>
          <Route><NotFoundPage /></Route>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}

const WELCOME = '/console/welcome';

export function App() {
  const { status, error, reload } = useSessionState();
  /* Whoever follows a link is, or becomes, whose link it is: no matter who is logged in here. */
  if (location.pathname === WELCOME) return <Suspense fallback={<div className="page"><ListSkeleton rows={3} /></div>}><WelcomePage /></Suspense>;
  if (status === 'loading') return <div className="page"><ListSkeleton rows={3} /></div>;
  if (status === 'failed') return <main><ErrorState error={error} onRetry={reload} /></main>;
  return (
    <Router base="/console">
      {status === 'out' ? <LoginPage /> : (
        <LiveProvider>
          <Shell><Pages /></Shell>
        </LiveProvider>
      )}
    </Router>
  );
}
